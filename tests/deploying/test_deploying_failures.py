"""Deployments that fail, are stopped or run out of time, and what follows."""

import asyncio

import pytest

from bot.actions.deploying.servers.lifecycle import Orders, _passed_over
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import Creator, DeploymentError, DeploymentStatus, TargetStatus
from bot.ports import BundleFolder
from tests.deploying.conftest import HEAD, Site
from tests.deploying.releases import appears, pipeline, revision, script


async def test_features_102_104_a_failure_is_rolled_back_by_a_new_deployment(site: Site) -> None:
    """FLR-1, FLR-2, FLR-3, HLT-5, HLT-12, RLB-1, RLB-2, RLB-3, RLB-5, REV-5, A4, SCR-5, SCR-7, DPL-2, DPL-3, DPL-4, DPL-5: on those targets that were touched."""
    site.targets("one", "two", "three")
    repo = await site.world.repo(pipeline())
    good = await repo.push(files=revision("v1"))
    assert await good.status() == "Succeeded", await site.summary(good)
    bad = await repo.push(files=revision("v2", "echo no use >&2; exit 3"))
    assert await bad.status() == "Failed"
    failed, back = sorted(await site.deployments(bad), key=lambda one: one.rollback_of)
    assert (failed.status, failed.error) == (DeploymentStatus.FAILED, DeploymentError.HEALTH_CONSTRAINTS)
    assert failed.counts == {TargetStatus.FAILED: 1, TargetStatus.SKIPPED: 2}
    event = failed.targets[0].failed_event
    assert event is not None
    assert (failed.targets[0].name, event.event, event.code, event.script) == (
        "one", "ValidateService", "ScriptFailed", "hooks/check.sh",
    )  # fmt: skip
    assert event.tail == "[stderr]no use\n"
    assert event.message == "hooks/check.sh failed with exit status 3"
    assert (back.creator, back.rollback_of, failed.rolled_back_by) == (Creator.ROLLBACK, failed.id, back.id)
    assert (back.status, [run.name for run in back.targets]) == (DeploymentStatus.SUCCEEDED, ["one"])
    assert all(site.installed(name) == {"app/version": "v1"} for name in ("one", "two", "three"))
    assert f"rolled back by {back.id}: Succeeded" in await site.summary(bad)
    assert "one | [stdout]stopping v2" in await site.log(bad)  # REV-5, A4: the marker has moved with Install


async def test_a_failed_release_is_switched_back_from_at_once(site: Site) -> None:
    """RLB-1, RLB-5: the old release is still there, so nothing is copied; a repository whose history has lost it makes no difference."""
    site.targets("one", "two")
    repo = await site.world.repo(pipeline("{releases: {path: /app, keep: 3, shared: log}, config: AllAtOnce}"))
    first = await repo.push(files=revision("v1"))
    assert await first.status() == "Succeeded", await site.summary(first)
    (good,) = await site.deployments(first)
    bad = await repo.push(files=revision("v2", "exit 3"))
    failed, back = sorted(await site.deployments(bad), key=lambda one: one.rollback_of)
    assert (failed.release, back.release, back.status) == (failed.id, good.id, DeploymentStatus.SUCCEEDED)
    for name in ("one", "two"):
        root = site.root(name) / "app"
        assert str((root / "current").readlink()) == f"releases/{good.id}"
        assert (root / "current/version").read_text() == "v1"
        assert sorted(path.name for path in (root / "releases").iterdir()) == sorted((good.id, failed.id))
    words = f"{good.id} is still there: current leads to releases/{good.id}, and led to releases/{failed.id} before"
    assert f"one | Install succeeded: {words}" in await site.log(bad)
    third = await repo.push(files=revision("v3"))
    assert await third.status() == "Succeeded", await site.summary(third)
    assert (site.root("two") / "app/current/version").read_text() == "v3"
    assert "stay, and its link" not in await site.log(third)
    repo.define(pipeline())
    without = await repo.push(files=revision("v4"))
    assert await without.status() == "Succeeded", await site.summary(without)
    assert "The releases in /app stay, and its link `current` leads where it led" in await site.log(without)
    assert (root / "version").read_text() == "v4"
    assert (root / "current/version").read_text() == "v3"


async def test_a_rollback_that_fails_is_told_and_a_first_deployment_has_none(site: Site) -> None:
    """RLB-3, RLB-6."""
    site.targets("one")
    repo = await site.world.repo(pipeline())
    first = await repo.push(files=revision("v1", "exit 1"))
    assert "nothing to roll back to" in await site.summary(first)
    await repo.push(files=revision("v2", f"test ! -e {site.world.folder}/broken"))
    (site.world.folder / "broken").touch()
    third = await repo.push(files=revision("v3", "exit 1"))
    (back,) = [one for one in await site.deployments(third) if one.rollback_of]
    assert back.status is DeploymentStatus.FAILED
    assert len(await site.deployments(third)) == 2
    assert f"rolled back by {back.id}: Failed" in await site.summary(third)


@pytest.mark.parametrize(
    ("check", "hook", "code", "words"),
    [
        pytest.param("exit 0", "{location: hooks/gone.sh}", "ScriptMissing", "not in the bundle", id="SCR-3 missing"),
        pytest.param("exit 4", "{location: hooks/check.sh}", "ScriptFailed", "exit status 4", id="SCR-5 a status"),
        pytest.param("kill -9 $$", "{location: hooks/check.sh}", "ScriptFailed", "by signal 9", id="SCR-5 a signal"),
        pytest.param(
            "sleep 60",
            "{location: hooks/check.sh, timeout: 1}",
            "ScriptTimedOut",
            "still running after 1 s",
            id="SCR-4 timeout",
        ),
        pytest.param(
            "sleep 60 &",
            "{location: hooks/check.sh, timeout: 1}",
            "UnknownError",
            "holds its output open",
            id="SCR-6 output",
        ),
        pytest.param(
            "exit 0",
            "{location: hooks/check.sh, runas: nobody-at-all}",
            "ScriptFailed",
            "no user nobody-at-all",
            id="HOK-3",
        ),
    ],
)
async def test_feature_102_how_scripts_fail(site: Site, check: str, hook: str, code: str, words: str) -> None:
    site.targets("one")
    files = {"appspec.yml": HEAD + f"hooks: {{AfterInstall: [{hook}]}}", "hooks/check.sh": script(check)}
    repo = await site.world.repo(pipeline())
    push = await repo.push(files=files)
    (deployment,) = await site.deployments(push)
    event = deployment.targets[0].failed_event
    assert event is not None
    assert (event.event, event.code) == ("AfterInstall", code)
    assert words in event.message


async def test_rev_4_a_broken_stop_blocks_until_it_is_passed_over(site: Site) -> None:
    """REV-4, REV-5."""
    site.targets("one")
    repo = await site.world.repo(pipeline("{rollback: never}"))
    await repo.push(files={**revision("v1"), "hooks/stop.sh": script("exit 1")})
    blocked = await repo.push(files=revision("v2"))
    assert await blocked.status() == "Failed"
    assert site.installed("one") == {"app/version": "v1"}
    repo.define(pipeline("{rollback: never, ignore_application_stop_failures: true}"))
    on = await repo.push(files=revision("v3"))
    assert await on.status() == "Succeeded", await site.summary(on)
    assert site.installed("one") == {"app/version": "v3"}


async def test_feature_104_sto_1_a_stop_kills_what_runs_and_begins_nothing_more(site: Site) -> None:
    """STO-1, RLB-2: by a comment, as anybody would; rolled back, since the action says so."""
    site.targets("one", "two")
    repo = await site.world.repo(pipeline("{rollback: [failure, stop]}"))
    pull_request = await repo.open_pull_request(files=revision("v1"))
    flag = site.world.folder / "begun"
    waiting = asyncio.create_task(pull_request.push(files=revision("v2", f"touch {flag}; sleep 600")))
    await appears(flag)
    await pull_request.comment("/stop abandon")
    push = await waiting
    assert await push.status() == "Stopped"
    stopped, back = sorted(await site.deployments(push), key=lambda one: one.rollback_of)
    assert (stopped.status, stopped.error) == (DeploymentStatus.STOPPED, DeploymentError.MANUAL_STOP)
    assert [run.status for run in stopped.targets] == [TargetStatus.UNKNOWN, TargetStatus.SKIPPED]
    assert back.status is DeploymentStatus.SUCCEEDED
    assert site.installed("one") == site.installed("two") == {"app/version": "v1"}
    await site.world.told_how_far((await push.execution()).id)
    told = (await pull_request.comments())[0].body
    assert f"rolls back {stopped.id} to 1 target: 1 done" in told


async def test_flr_4_a_deployment_whose_time_is_up_ends_and_is_rolled_back(site: Site) -> None:
    """FLR-4 (TIMEOUT): a failure, whose target was left in the middle."""
    site.targets("one", "two")
    repo = await site.world.repo(pipeline(more=", timeout: 2s"))
    await repo.push(files=revision("v1"))
    push = await repo.push(files=revision("v2", "sleep 600"))
    assert await push.status() == "Failed"
    late, back = sorted(await site.deployments(push), key=lambda one: one.rollback_of)
    assert (late.status, late.error) == (DeploymentStatus.FAILED, DeploymentError.TIMEOUT)
    assert [run.status for run in late.targets] == [TargetStatus.UNKNOWN, TargetStatus.SKIPPED]
    assert (await site.summary(push)).startswith(f"{late.id} TIMEOUT: its time was up")
    assert (back.status, site.installed("one")) == (DeploymentStatus.SUCCEEDED, {"app/version": "v1"})


def test_rev_4_failures_of_the_revision_before_alone_are_passed_over() -> None:
    async def nothing() -> BundleFolder:
        raise AssertionError

    orders = Orders(nothing, {}, {}, ignore_stop_failures=True)
    passed = {event.value for event in LifecycleEvent if _passed_over(event, orders)}
    assert passed == {"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"}
    assert not any(_passed_over(event, Orders(nothing, {}, {})) for event in LifecycleEvent)
