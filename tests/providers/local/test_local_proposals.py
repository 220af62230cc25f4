"""Proposals: how whoever may only read asks for a change to be pulled, without a branch that anything would run for."""

import json

import pytest

from bot.model.people import Role
from providers.local.host.errors import Forbidden
from tests.providers.local.conftest import WEB, Web
from tests.world.local_host import GitFailure

OWN = "HEAD:refs/proposals/eve/fix"


@pytest.mark.parametrize(
    ("refspec", "says"),
    [
        ("main", "need the role write"),
        ("HEAD:refs/heads/fix", "git push -o pull_request origin HEAD:refs/proposals/eve/<topic>"),
        ("HEAD:refs/tags/v1", "need the role write"),
        ("HEAD:refs/proposals/ada/fix", "Proposals of yours are below refs/proposals/eve/"),
        ("HEAD:refs/proposals/eve", "below refs/proposals/eve/"),
        ("HEAD:refs/pull/1/head", "Only branches and tags"),
    ],
)
async def test_a_reader_pushes_nothing_but_proposals_of_his_own(web: Web, refspec: str, says: str) -> None:
    eve = await web.clone("eve")
    await eve.commit({"a": "1"})
    with pytest.raises(GitFailure, match=says):
        await eve.git("push", "origin", refspec)
    with pytest.raises(GitFailure, match=says):  # nor beside one that he may
        await eve.git("push", "--atomic", "origin", "HEAD:refs/proposals/eve/other", refspec)
    assert await web.settled() == []


async def test_who_may_not_see_the_repository_or_does_not_say_who_he_is_pushes_nothing(web: Web) -> None:
    await web.listening.host.create_repository("acme/open", private=False)
    for full_name, login, token in (
        (WEB, "mallory", web.tokens["mallory"]),
        ("acme/open", "eve", "wrong"),
    ):
        mallory = web.listening.adopt("clone-1", full_name, login, token)
        with pytest.raises(GitFailure):
            await mallory.git("push", web.listening.host.clone_url(full_name), f"HEAD:refs/proposals/{login}/fix")


async def test_a_proposal_becomes_a_pull_request_which_follows_it_and_no_push_is_told(web: Web) -> None:
    eve, host = await web.clone("eve"), web.listening.host
    first = await eve.commit({"a": "1"})
    await eve.git("push", "--quiet", "-o", "pull_request", "origin", OWN)
    second = await eve.commit({"a": "2"})
    await eve.git("push", "--quiet", "origin", OWN)

    told = [(event, json.loads(body)) for event, body in await web.settled()]
    assert [
        (event, body["kind"], body["pull_request"]["head"], body["pull_request"]["source_branch"])
        for event, body in told
    ] == [("pull_request", "opened", first, "~eve/fix"), ("pull_request", "updated", second, "~eve/fix")]
    assert (await web.ada.git("ls-remote", "origin", "refs/pull/1/head")).split()[0] == second

    await host.close_pull_request(WEB, 1, by="eve")
    await host.reopen_pull_request(WEB, 1, by="eve")
    with pytest.raises(Forbidden):
        await host.merge(WEB, 1, by="eve")
    await host.merge(WEB, 1, by="ada")
    assert [one.state for one in await host.pull_requests(WEB)] == ["merged"]
    await eve.git("push", "--quiet", "origin", ":refs/proposals/eve/fix")


async def test_only_from_a_proposal_of_his_own_a_reader_opens_one(web: Web) -> None:
    eve, host = await web.clone("eve"), web.listening.host
    await web.ada.commit({"b": "1"})
    await web.ada.git("push", "--quiet", "origin", "HEAD:refs/heads/theirs", "HEAD:refs/proposals/ada/mine")
    await eve.commit({"a": "1"})
    await eve.git("push", "--quiet", "origin", OWN)
    for source in ("theirs", "~ada/mine", "~evelyn/fix"):
        with pytest.raises(Forbidden):
            await host.open_pull_request(WEB, source, by="eve")
    assert (await host.open_pull_request(WEB, "~eve/fix", by="eve")).author.login == "eve"
    await host.set_members(WEB, {"eve": Role.NONE})
    with pytest.raises(GitFailure):
        await eve.git("push", "origin", OWN)
