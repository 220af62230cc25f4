"""Pushes as the host tells them: exactly what moved, in order, with what push options ask for."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.model.host_event import PullRequestChanged, Pushed
from bot.model.triggers import PullRequestKind
from providers.local.events import read
from providers.local.host.git import RefUpdate
from providers.local.host.hooks import HookChannel, Report
from providers.local.host.pushes import Push, Pushes
from providers.local.webhooks import delivery
from tests.providers.local.conftest import WEB, Web
from tests.world.local_host import GitFailure, ListeningHost

NONE = "0" * 40


async def told(web: Web) -> list[tuple[str, dict[str, Any]]]:
    return [(event, json.loads(body)) for event, body in await web.settled()]


async def moves(web: Web) -> dict[str, tuple[str, str, bool]]:
    return {
        body["ref"]: (body["before"], body["after"], body["forced"])
        for event, body in await told(web)
        if event == "push"
    }


async def test_several_refs_in_one_push_are_told_one_by_one(web: Web) -> None:
    first = (await web.ada.git("rev-parse", "HEAD")).strip()
    await web.ada.git("push", "--quiet", "origin", "main:old", "main:moving")
    await web.settled()
    second = await web.ada.commit({"a": "1"})
    await web.ada.git("tag", "v1")
    await web.ada.git("push", "--quiet", "origin", "main:new", "main:moving", ":old", "v1")
    assert await moves(web) == {
        "refs/heads/new": (NONE, second, False),
        "refs/heads/moving": (first, second, False),
        "refs/heads/old": (first, NONE, False),
        "refs/tags/v1": (NONE, second, False),
    }


async def test_of_a_push_that_succeeds_in_part_only_that_part_is_told(web: Web) -> None:
    eve_like = await web.clone("ada")
    ahead = await eve_like.commit({"b": "1"})
    await eve_like.git("push", "--quiet", "origin", "main")
    await web.settled()
    stale = await web.ada.commit({"a": "1"})
    with pytest.raises(GitFailure, match="rejected"):
        await web.ada.git("push", "origin", "main", "main:fresh")
    assert await moves(web) == {"refs/heads/fresh": (NONE, stale, False)}
    assert await web.listening.host.git.branch_head(await path(web), "main") == ahead


async def test_an_atomic_push_that_is_rejected_is_not_told(web: Web) -> None:
    other = await web.clone("ada")
    await other.commit({"b": "1"})
    await other.git("push", "--quiet", "origin", "main")
    await web.settled()
    await web.ada.commit({"a": "1"})
    with pytest.raises(GitFailure):
        await web.ada.git("push", "--atomic", "origin", "main", "main:fresh")
    assert await told(web) == []


async def path(web: Web) -> Path:
    return web.listening.host.pushes.path(await web.listening.host.repository(WEB))


async def test_a_push_tells_the_commit_its_paths_and_who(web: Web) -> None:
    commit = await web.ada.commit({"src/é.py": "1", "b": "2"}, "One\n\nTwo")
    await web.ada.git("push", "--quiet", "origin", "main")
    ((_, body),) = await told(web)
    assert body["head_commit"]["id"] == commit
    assert body["head_commit"]["message"] == "One\n\nTwo"
    assert sorted(body["changed_paths"]) == ["b", "src/é.py"]
    assert body["pusher"]["login"] == "ada"


async def test_more_paths_than_fit_are_left_for_git_to_tell(web: Web) -> None:
    await web.ada.commit({f"files/{number}": "" for number in range(301)})
    await web.ada.git("push", "--quiet", "origin", "main")
    ((_, body),) = await told(web)
    assert body["changed_paths"] is None


async def test_the_default_branch_cannot_be_deleted(web: Web) -> None:
    with pytest.raises(GitFailure, match="refusing to delete"):
        await web.ada.git("push", "origin", ":main")
    assert await told(web) == []


@pytest.mark.parametrize("ref", ["refs/pull/1/head", "refs/notes/commits", "refs/penstock/x"])
async def test_only_branches_and_tags_can_be_pushed(web: Web, ref: str) -> None:
    with pytest.raises(GitFailure, match="rejected"):
        await web.ada.git("push", "origin", f"main:{ref}")
    assert await told(web) == []


@pytest.mark.parametrize(
    "name", ["$(touch${IFS}witness)", "`touch${IFS}witness`", "a;touch${IFS}witness", "'\"&|<>x", "é/ü"]
)
async def test_a_branchs_name_is_only_a_name(web: Web, name: str) -> None:
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", f"HEAD:refs/heads/{name}")
    events = await told(web)
    assert [body["ref"] for event, body in events if event == "push"] == [f"refs/heads/{name}"]
    assert not list(web.listening.folder.rglob("witness"))


async def test_a_branchs_name_that_is_no_text_is_refused(web: Web) -> None:
    name = b"main:refs/heads/\xff".decode("utf-8", "surrogateescape")
    with pytest.raises(GitFailure, match="must be UTF-8"):
        await web.ada.git("push", "origin", name)
    assert await told(web) == []


# --- Push options ----------------------------------------------------------------------------------------------------


async def test_a_push_option_opens_a_pull_request_and_the_pusher_reads_its_url(web: Web) -> None:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    commit = await web.ada.commit({"a": "1"}, "Fix the typo")
    printed = await web.ada.git("push", "-o", "pull_request", "origin", "fix")
    assert f"remote: Pull request #1: {web.listening.url}/host/{WEB}/pull/1" in printed
    push, opened = [body for _, body in await told(web)]
    assert push["after"] == commit
    assert opened["kind"] == "opened"
    assert opened["pull_request"]["title"] == "Fix the typo"
    assert (opened["pull_request"]["head"], opened["pull_request"]["target_branch"]) == (commit, "main")


async def test_a_push_to_its_branch_updates_a_pull_request(web: Web) -> None:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    await web.ada.commit({"a": "1"})
    options = ("-o", "pull_request", "-o", "pull_request.title=A; $(title) \"of\" 'mine'", "-o", "unrelated=1")
    await web.ada.git("push", "--quiet", *options, "origin", "fix")
    await web.settled()
    commit = await web.ada.commit({"a": "2"})
    printed = await web.ada.git("push", "-o", "pull_request", "origin", "fix")
    assert "remote: Updates #1: " in printed
    _, (event, body) = await told(web)
    assert (event, body["kind"], body["pull_request"]["head"]) == ("pull_request", "updated", commit)
    assert body["pull_request"]["title"] == "A; $(title) \"of\" 'mine'"


async def test_a_new_branch_is_told_how_to_become_a_pull_request(web: Web) -> None:
    printed = await web.ada.git("push", "origin", "HEAD:fix")
    assert "git push -o pull_request" in printed


@pytest.mark.parametrize(
    ("options", "refs", "said"),
    [
        (["pull_request"], ["HEAD:main"], "joins two different branches"),
        (["pull_request"], ["HEAD:one", "HEAD:two"], "push exactly one branch"),
        (["pull_request"], ["HEAD:refs/tags/v1"], "push exactly one branch"),
        (["pull_request.target=missing"], ["HEAD:fix"], "no branch missing"),
        (["pull_request.target=../x"], ["HEAD:fix"], "is a branch's name"),
        (["pull_request.label=x"], ["HEAD:fix"], "Push options for a pull request are"),
        (["pull_request.title=" + "x" * 256], ["HEAD:fix"], "at most 255 characters"),
        (["x"] * 21, ["HEAD:fix"], "At most 20 push options"),
    ],
)
async def test_options_that_make_no_sense_stop_the_push(
    web: Web, options: list[str], refs: list[str], said: str
) -> None:
    await web.ada.commit({"a": "1"})
    flags = [flag for option in options for flag in ("-o", option)]
    with pytest.raises(GitFailure, match=said):
        await web.ada.git("push", *flags, "origin", *refs)
    assert await told(web) == []


# --- Order and crashes -----------------------------------------------------------------------------------------------


async def test_pushes_at_once_are_told_in_the_order_in_which_the_branch_moved(web: Web) -> None:
    clones = [web.ada, *[await web.clone("ada") for _ in range(3)]]
    went_in = 0
    for round_number in range(2):
        for number, clone in enumerate(clones):
            await clone.commit({f"file-{number}": str(round_number)})
        pushes = (clone.git("push", "--quiet", "--force", "origin", "HEAD:raced") for clone in clones)
        outcomes = await asyncio.gather(*pushes, return_exceptions=True)
        went_in += sum(isinstance(outcome, str) for outcome in outcomes)
    chain = [(body["before"], body["after"]) for _, body in await told(web)]
    assert len(chain) == went_in >= 2
    assert [before for before, _ in chain] == [NONE, *(after for _, after in chain[:-1])]


async def test_one_push_is_told_before_the_next_one_moves_anything(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are asked about at once; yet from the yes to the telling each has the repository for itself."""
    branches = [f"branch-{number}" for number in range(4)]
    reports, inside, most = asyncio.Semaphore(0), 0, 0
    hear, prepare, moved = HookChannel.hear, Pushes.prepare, Pushes.moved

    async def hear_and_count(channel: HookChannel) -> Report | None:
        heard = await hear(channel)
        reports.release()
        return heard

    async def enter(self: Pushes, *arguments: Any) -> Push:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        return await prepare(self, *arguments)

    async def leave(self: Pushes, *arguments: Any) -> str:
        nonlocal inside
        if not all_asked.is_set():
            for _ in branches:
                await reports.acquire()
            all_asked.set()
        await web.listening.host.user("ada")  # lets go of the loop for as long as a query takes
        said = await moved(self, *arguments)
        inside -= 1
        return said

    all_asked = asyncio.Event()
    monkeypatch.setattr(HookChannel, "hear", hear_and_count)
    monkeypatch.setattr(Pushes, "prepare", enter)
    monkeypatch.setattr(Pushes, "moved", leave)
    clones = [web.ada, *[await web.clone("ada") for _ in branches[1:]]]
    await asyncio.gather(
        *(clone.git("push", "--quiet", "origin", f"HEAD:{name}") for clone, name in zip(clones, branches, strict=True))
    )
    assert most == 1
    assert len(await told(web)) == len(branches)


async def test_a_push_that_was_let_through_but_moved_nothing_is_not_told_after_the_next_start(web: Web) -> None:
    host = web.listening.host
    repo, ada = await host.repository(WEB), await host.user("ada")
    head = await host.git.branch_head(host.pushes.path(repo), "main")
    await host.pushes.prepare(repo, ada, Report((RefUpdate("refs/heads/main", head, "1" * 40),), ()))
    await restart(web.listening)
    assert await told(web) == []


async def restart(listening: ListeningHost) -> None:
    await listening.__aexit__(None, None, None)
    await listening.__aenter__()


async def test_when_the_host_does_not_answer_its_hook_nothing_moves(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(Pushes, "prepare", fail)
    await web.ada.commit({"a": "1"})
    with pytest.raises(GitFailure):
        await web.ada.git("push", "origin", "HEAD:fix")
    assert await web.listening.host.git.branch_head(await path(web), "fix") is None


async def test_a_branch_brought_into_the_target_by_hand_merges_its_pull_request(web: Web) -> None:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    await web.ada.commit({"a": "1"})
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", "fix")
    await web.settled()
    await web.ada.git("push", "--quiet", "origin", "fix:main")
    events = [
        read(delivery({"x-penstock-delivery": "1", "x-penstock-event": e}, b, 1.0)) for e, b in await web.settled()
    ]
    assert isinstance(events[0], Pushed)
    assert isinstance(events[1], PullRequestChanged)
    assert (events[1].kind, events[1].pull_request.merged) == (PullRequestKind.CLOSED, True)


async def test_a_pull_request_ends_with_its_branch_and_keeps_its_commits(web: Web) -> None:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    commit = await web.ada.commit({"a": "1"})
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", "fix")
    await web.ada.git("push", "--quiet", "origin", ":fix")
    assert [body["kind"] for event, body in await told(web) if event == "pull_request"] == ["opened", "closed"]
    assert await web.listening.host.git.ref(await path(web), "refs/pull/1/head") == commit
