"""Statuses on GitLab: what is sent, what is not since GitLab would refuse it, and where it shows."""

import asyncio
from dataclasses import replace

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Ref, RefKind
from bot.model.status import StatusState
from bot.ports import HostRefused, HostUnavailable
from tests.providers.gitlab.conftest import Scene
from tests.world.fake import faults
from tests.world.gitlab import nouns
from tests.world.gitlab.faults import locked


async def a_thread(scene: Scene) -> Thread:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    request = await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    return Thread(ThreadKind.PULL_REQUEST, str(request.iid))


async def test_a_status_is_one_request_with_all_that_gitlab_shows(scene: Scene) -> None:
    await scene.provider.set_status(scene.status())
    assert scene.calls() == [f"POST /statuses/{scene.sha}"]
    shown = scene.shown()
    assert (shown.state, shown.description, shown.pipeline.ref) == ("running", "1 of 3", "main")
    assert shown.target_url == "https://ci.acme.example/executions/1"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (StatusState.QUEUED, "pending"),
        (StatusState.RUNNING, "running"),
        (StatusState.WAITING, "running"),
        (StatusState.SUCCEEDED, "success"),
        (StatusState.FAILED, "failed"),
        (StatusState.STOPPED, "canceled"),
        (StatusState.INVALID, "failed"),
    ],
)
async def test_every_state_has_gitlabs_own(scene: Scene, state: StatusState, shown: str) -> None:
    """Section 21 of the behaviour reference."""
    await scene.provider.set_status(scene.status(state=state))
    assert scene.shown().state == shown


async def test_what_was_said_already_asks_nothing(scene: Scene) -> None:
    for _ in range(3):
        await scene.provider.set_status(scene.status("1 of 3"))
    assert len(scene.calls()) == 1


@pytest.mark.parametrize("state", [StatusState.QUEUED, StatusState.RUNNING])
async def test_other_words_for_the_same_state_are_said_and_nothing_is_asked_in_vain(
    scene: Scene, state: StatusState
) -> None:
    for number in range(3):
        await scene.provider.set_status(scene.status(f"{number} of 3", state))
    assert scene.shown().description == "2 of 3"
    assert [call.status for call in scene.gitlab.requests] == [201] * 5


async def test_a_wait_for_a_person_is_said_in_a_status_of_its_own(scene: Scene) -> None:
    await scene.provider.set_status(scene.status("1 of 3"))
    await scene.provider.set_status(scene.status("waiting for ada", StatusState.WAITING))
    assert len(scene.calls()) == 3
    assert (scene.shown().state, scene.shown().description) == ("running", "waiting for ada")
    await scene.provider.set_status(scene.status("waiting for ada", StatusState.WAITING))
    assert not scene.calls()


async def test_a_status_of_an_earlier_life_is_found_out_and_gone_on_with(scene: Scene) -> None:
    await scene.provider.set_status(scene.status("1 of 3"))
    reborn = scene.other(scene.token)
    await reborn.set_status(scene.status("2 of 3"))
    assert [call.status for call in scene.gitlab.requests] == [201, 400, 201, 201]
    await reborn.set_status(scene.status("waiting for ada", StatusState.WAITING))
    assert (scene.shown().state, scene.shown().description) == ("running", "waiting for ada")
    await reborn.close()


async def test_what_was_running_can_be_queued_again(scene: Scene) -> None:
    await scene.provider.set_status(scene.status())
    await scene.provider.set_status(scene.status("queued", StatusState.QUEUED))
    assert (scene.shown().state, scene.shown().description) == ("pending", "queued")


@pytest.mark.parametrize("ended", [StatusState.SUCCEEDED, StatusState.FAILED, StatusState.STOPPED])
async def test_what_has_ended_runs_again_on_a_retry(scene: Scene, ended: StatusState) -> None:
    await scene.provider.set_status(scene.status())
    await scene.provider.set_status(scene.status("done", ended))
    await scene.provider.set_status(scene.status("again"))
    assert (scene.shown().state, scene.shown().description) == ("running", "again")
    assert len(scene.calls()) == 3


async def test_a_status_killed_between_its_two_requests_is_set_by_the_next_try(scene: Scene) -> None:
    """The one that ran was ended, and nothing may be merged on it: canceled is no success."""
    await scene.provider.set_status(scene.status())
    waiting = scene.status("waiting for ada", StatusState.WAITING)
    scene.gitlab.fail_next(faults.lost(), "POST", "/statuses/")
    with pytest.raises(HostUnavailable):
        await scene.provider.set_status(waiting)
    assert scene.shown().state == "canceled"
    await scene.provider.set_status(waiting)
    assert (scene.shown().state, scene.shown().description) == ("running", "waiting for ada")


async def test_statuses_of_a_commit_are_set_one_after_the_other(scene: Scene) -> None:
    """GitLab locks the commit, and makes whoever comes second wait."""
    held = scene.gitlab.fail_next(faults.held(), "POST", "/statuses/")
    contexts = [f"penstock/web/{number}" for number in range(6)]
    setting = [asyncio.create_task(scene.provider.set_status(scene.status(context=one))) for one in contexts]
    await held.entered.wait()
    assert len(scene.gitlab.requests) == 1
    held.release.set()
    await asyncio.gather(*setting)
    assert set(scene.gitlab.statuses(scene.web, scene.sha)) == set(contexts)


async def test_a_commit_that_is_locked_by_others_is_tried_again_soon(scene: Scene) -> None:
    scene.gitlab.fail_next(locked())
    with pytest.raises(HostUnavailable) as raised:
        await scene.provider.set_status(scene.status())
    assert 0 < raised.value.retry_after < 10


async def test_a_tags_status_belongs_to_the_tag(scene: Scene) -> None:
    await scene.gitlab.push_tag(scene.web, "v1", scene.ada)
    await scene.provider.set_status(scene.status(ref=Ref(RefKind.TAG, "v1")))
    assert scene.shown().pipeline.ref == "v1"


async def test_a_merge_requests_status_belongs_to_its_source_branch(scene: Scene) -> None:
    thread = await a_thread(scene)
    sha = scene.web.merge_requests[1].sha
    scene.calls()
    for context in ("penstock/web", "penstock/web/build"):
        await scene.provider.set_status(
            scene.status(context=context, commit=sha, ref=Ref(RefKind.PULL_REQUEST, thread.name))
        )
    assert {one.pipeline.ref for one in scene.gitlab.statuses(scene.web, sha).values()} == {"fix"}
    assert scene.calls() == ["GET /merge_requests/1", *[f"POST /statuses/{sha}"] * 2]


async def test_a_forks_branch_does_not_pass_for_the_projects(scene: Scene) -> None:
    """A fork's `main` must not turn the project's `main` green."""
    dan, fork = scene.gitlab.user("dan"), await scene.gitlab.project("dan/web", "public")
    sha = await scene.gitlab.push(fork, "main", {"help": "1"}, "Help", by=dan)
    await scene.gitlab.open_merge_request(scene.web, "main", dan, "Help", fork=fork)
    await scene.provider.set_status(
        scene.status("done", StatusState.SUCCEEDED, commit=sha, ref=Ref(RefKind.PULL_REQUEST, "1"))
    )
    assert scene.gitlab.statuses(scene.web, sha)["penstock/web"].pipeline.ref == "refs/merge-requests/1/head"


async def test_what_is_too_long_for_gitlab_is_cut_and_an_address_left_out(scene: Scene) -> None:
    long = replace(scene.status("x" * 400), url="https://ci.example/" + "a" * 200 + "#" + "stage" * 20)
    await scene.provider.set_status(long)
    assert scene.shown().target_url == long.url.partition("#")[0]
    await scene.provider.set_status(replace(long, url="https://ci.example/" + "a" * 300, context="penstock/other"))
    assert scene.shown("penstock/other").target_url is None
    assert len(scene.shown().description or "") <= 255


async def test_a_token_that_may_not_push_to_a_protected_branch_is_told_so(scene: Scene) -> None:
    scene.gitlab.grant(scene.web, scene.gitlab.bot, nouns.DEVELOPER)
    with pytest.raises(HostRefused, match="Maintainer"):
        await scene.provider.set_status(scene.status())


async def test_a_project_is_found_after_it_was_renamed_and_moved(scene: Scene) -> None:
    scene.web.path = "acme/shop/site"
    await scene.provider.set_status(scene.status())
    assert scene.shown().state == "running"


async def test_all_statuses_of_a_commit_stay_in_the_pipeline_of_the_first(scene: Scene) -> None:
    """GitLab would give the next one to a newer pipeline of its own."""
    await scene.provider.set_status(scene.status("1 of 3"))
    first = scene.shown().pipeline
    scene.web.pipelines.append(nouns.Pipeline(9_000, scene.sha, "main"))
    await scene.provider.set_status(scene.status("3 of 3", StatusState.SUCCEEDED))
    await scene.provider.set_status(replace(scene.status("built"), context="penstock/web/build"))
    assert {(one.name, one.pipeline) for one in scene.web.statuses} == {
        ("penstock/web", first),
        ("penstock/web/build", first),
    }


async def test_a_pipeline_that_is_gone_is_replaced(scene: Scene) -> None:
    await scene.provider.set_status(scene.status("1 of 3"))
    scene.web.pipelines.clear()
    scene.web.statuses.clear()
    await scene.provider.set_status(scene.status("3 of 3", StatusState.SUCCEEDED))
    assert scene.shown().state == "success"
