"""Deployments as a user sees them: pushed, rolled out to real targets of this machine, failed, rolled back, stopped."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.deploying.servers.lifecycle import pending
from bot.logs.files import LogFiles
from bot.model.execution import ActionStatus
from bot.model.server_deployment import Creator, DeploymentError, DeploymentStatus, TargetStatus
from bot.ports import ActionContext, TargetSession
from bot.targets.targets import InventoryTargets
from tests.deploying.conftest import APP, HEAD, Site
from tests.world.repo import Push, Repo


def pipeline(deploy: str = "appspec.yml", more: str = "") -> str:
    return f"stages: [{{name: prod, actions: [{{name: go, deploy: {deploy}{more}}}]}}]\n"


def script(text: str) -> str:
    return f"#!/bin/sh\n{text}\n"


async def appears(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC110  a file tells nobody that it has come
        await asyncio.sleep(0.02)


HOOKS = (
    "hooks:\n"
    "  ApplicationStop: [{location: hooks/stop.sh}]\n"
    "  BeforeInstall: [{location: hooks/show.sh}]\n"
    "  AfterInstall: [{location: hooks/show.sh}]\n"
    "  ApplicationStart: [{location: hooks/show.sh}]\n"
    "  ValidateService: [{location: hooks/check.sh}]\n"
)


def revision(name: str, check: str = "exit 0") -> dict[str, str]:
    show = 'echo "$LIFECYCLE_EVENT $DEPLOYMENT_ID $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME ${BUNDLE_COMMIT:+commit} $EXTRA"'
    return {
        "appspec.yml": APP + HOOKS,
        "app/version": name,
        "hooks/stop.sh": script(f"echo stopping {name}"),
        "hooks/show.sh": script(show),
        "hooks/check.sh": script(check),
    }


async def test_features_98_100_101_events_in_order_with_their_environment_and_stop_from_the_revision_before(
    site: Site,
) -> None:
    """HOK-1, HOK-4, HOK-5, REV-1, REV-2, SCR-1, SCR-2, DPL-1, DPL-9, A6: the six variables, and the action's own."""
    site.targets("one")
    repo = await site.world.repo(pipeline(more=", env: {EXTRA: more}"))
    first = await repo.push(files=revision("v1"))
    assert await first.status() == "Succeeded", await site.summary(first)
    (deployment,) = await site.deployments(first)
    assert site.installed("one") == {"app/version": "v1"}
    shown = [line.removeprefix("one | [stdout]") for line in (await site.log(first)).splitlines() if "[stdout]" in line]
    rest = f"{deployment.id} web prod commit more"
    assert shown == [f"BeforeInstall {rest}", f"AfterInstall {rest}", f"ApplicationStart {rest}"]
    assert [(event.event, event.status) for event in deployment.targets[0].events] == [
        ("ApplicationStop", TargetStatus.SKIPPED),
        ("DownloadBundle", TargetStatus.SUCCEEDED),
        ("BeforeInstall", TargetStatus.SUCCEEDED),
        ("Install", TargetStatus.SUCCEEDED),
        ("AfterInstall", TargetStatus.SUCCEEDED),
        ("ApplicationStart", TargetStatus.SUCCEEDED),
        ("ValidateService", TargetStatus.SUCCEEDED),
    ]
    second = await repo.push(files=revision("v2"))
    assert site.installed("one") == {"app/version": "v2"}
    assert "one | [stdout]stopping v1" in await site.log(second)


async def test_dpl_1_a_group_that_is_named_outlives_the_names_of_stage_and_action(site: Site) -> None:
    """Under the name that it had, it goes on; under another it is another, and its scripts hear of that."""
    site.targets("one")
    repo = await site.world.repo(pipeline())
    first = await repo.push(files=revision("v1"))
    renamed = (
        "stages: [{name: live, actions: [{name: out, deploy: {targets: one, group: %s, file_exists_behavior: %s}}]}]\n"
    )
    repo.define(renamed % ("web/prod/go", "DISALLOW"))
    second = await repo.push(files=revision("v2"))
    assert await second.status() == "Succeeded", await site.summary(second)
    assert site.installed("one") == {"app/version": "v2"}
    (before,), (after,) = await site.deployments(first), await site.deployments(second)
    assert before.group == after.group
    assert f"one | [stdout]BeforeInstall {after.id} web prod commit" in await site.log(second)
    repo.define(renamed % ("Web/Production", "DISALLOW"))
    third = await repo.push(files=revision("v3"))
    assert "no deployment of this group has put it there" in await site.summary(third)
    repo.define(renamed % ("Web/Production", "OVERWRITE"))
    fourth = await repo.push(files=revision("v4"))
    assert await fourth.status() == "Succeeded", await site.summary(fourth)
    assert f"[stdout]BeforeInstall {(await site.deployments(fourth))[0].id} Web Production" in await site.log(fourth)


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


async def test_what_an_appspec_would_install_outside_of_the_releases_is_told_before_anything_runs(site: Site) -> None:
    site.targets("one")
    repo = await site.world.repo(pipeline("{releases: /srv/app}"))
    spec = HEAD + "files: [{source: app, destination: /srv/app/current/lib}, {source: app, destination: /etc}]\n"
    push = await repo.push(files={**revision("v1"), "appspec.yml": spec})
    assert await push.statuses() == {"web": "failure"}
    assert "/etc is outside of the releases at /srv/app" in (await push.described())["web"]
    assert site.installed("one") == {}


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


async def test_ins_9_the_appspecs_word_on_files_beats_the_actions(site: Site) -> None:
    """INS-9, RLB-4: and the action's counts where the appspec says nothing."""
    site.targets("one")
    (site.root("one") / "app").mkdir()
    (site.root("one") / "app/version").write_text("theirs")
    repo = await site.world.repo(pipeline("{file_exists_behavior: RETAIN}"))
    await repo.push(files=revision("v1"))
    assert site.installed("one") == {"app/version": "theirs"}
    await repo.push(files={**revision("v2"), "appspec.yml": APP + "file_exists_behavior: OVERWRITE\n"})
    assert site.installed("one") == {"app/version": "v2"}


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


async def test_dpl_6_a_group_takes_one_deployment_after_another(site: Site) -> None:
    """DPL-6: of three branches at once; and one that is stopped while it waits has done nothing."""
    site.targets("one")
    repo = await site.world.repo("triggers: {push: {branches: ['**']}}\n" + pipeline())
    flag, go = site.world.folder / "begun", site.world.folder / "go"
    slow = f"touch {flag}; until [ -e {go} ]; do sleep 0.02; done"
    pushes = [asyncio.create_task(repo.push(files=revision("main", slow)))]
    await appears(flag)
    for name in ("next", "never"):
        pushes.append(asyncio.create_task(repo.push(branch=name, files=revision(name))))
        await waits_for_its_group(site, repo, name)
    (never,) = [one for one in await repo.executions() if one.revision.branch == "never"]
    stop = asyncio.create_task(Push(repo, never.revision.commit).comment("/stop abandon"))
    while (await Push(repo, never.revision.commit).status()) != "Stopped":  # noqa: ASYNC110  nor does the store
        await asyncio.sleep(0.02)
    assert site.installed("one") == {"app/version": "main"}
    go.touch()
    await asyncio.gather(stop, *pushes)
    ended = {one.revision.branch: one for one in await repo.executions()}
    assert {name: one.status for name, one in ended.items()} == {
        "main": "Succeeded",
        "next": "Succeeded",
        "never": "Stopped",
    }
    assert site.installed("one") == {"app/version": "next"}
    assert await site.deployments(Push(repo, never.revision.commit)) == []


async def waits_for_its_group(site: Site, repo: Repo, branch: str) -> None:
    words = "Another deployment of this group is at work"
    while True:
        for execution in await repo.executions():
            log = await LogFiles(site.world.folder / "logs").tail(f"{execution.id}/prod/go/1", 10)
            if execution.revision.branch == branch and words in log:
                return
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("repositories", "deploy", "words"),
    [
        pytest.param(
            "local:other/*", "appspec.yml", "no target with the tags environment: prod", id="not let in by tags"
        ),
        pytest.param("local:other/*", "{targets: one}", "no target one", id="not let in by name"),
        pytest.param("local:acme/*", "{targets: [one, nowhere]}", "no target nowhere", id="an unknown one"),
        pytest.param(
            "local:acme/*", "{targets: {tags: {role: [db, cache]}}}", "role: db or cache", id="DPL-9 other tags"
        ),
    ],
)
async def test_who_is_not_let_in_deploys_nowhere(site: Site, repositories: str, deploy: str, words: str) -> None:
    """FLR-4 (NO_INSTANCES), DPL-9."""
    site.targets("one", repositories=repositories)
    push = await (await site.world.repo(pipeline(deploy))).push(files=revision("v1"))
    assert await push.status() == "Failed"
    assert (await site.summary(push)).startswith("NO_INSTANCES: ")
    assert words in await site.summary(push)
    assert site.installed("one") == {}


async def test_feature_103_one_zone_after_another_and_all_of_one_at_once(site: Site) -> None:
    names = ["a1", "a2", "b1", "b2"]
    site.targets(*names, zones={name: name[0] for name in names})
    deploy = "{config: {minimum_healthy: 0, zones: {monitor: 1s}}, targets: {tags: {role: web}}}"
    push = await (await site.world.repo(pipeline(deploy))).push(files=revision("v1"))
    assert await push.status() == "Succeeded", await site.summary(push)
    log = await site.log(push)
    assert (
        log.index("b1 |") > log.index("Zone a is done; the next one begins in 1 s.") > log.index("a2 | ValidateService")
    )


async def test_a_bundle_that_an_earlier_action_has_made(site: Site) -> None:
    """APS-1 (one folder that has the appspec is the bundle), APS-2, DPL-11."""
    site.targets("one")
    repo = await site.world.repo(
        "stages:\n"
        "  - name: prod\n"
        "    actions:\n"
        "      - {name: go, run_order: 2, deploy: appspec.yml, inputs: [dist]}\n"
        "      - {name: make, run: mkdir -p web/app && cp appspec.yml web && echo made > web/app/version, outputs: {dist: web/**}}\n"
    )
    push = await repo.push(files={"appspec.yml": APP})
    assert await push.status() in ("Succeeded", "Failed"), await site.summary(push)
    assert site.installed("one") == {"app/version": "made\n"}, await site.summary(push)


async def test_that_a_target_is_begun_with_is_kept_before_anything_is_done_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a later life would run its scripts a second time."""
    site.targets("one", "two")
    found: dict[str, TargetStatus] = {}
    reach = InventoryTargets.reach

    async def watched(
        targets: InventoryTargets, name: str, group: str, deployment: str, tell: Callable[[str], None]
    ) -> TargetSession:
        kept = await site.world.store.server_deployment(deployment)
        assert kept is not None
        found[name] = next(run.status for run in kept.targets if run.name == name)
        return await reach(targets, name, group, deployment, tell)

    monkeypatch.setattr(InventoryTargets, "reach", watched)
    push = await (await site.world.repo(pipeline())).push(files=revision("v1"))
    assert await push.status() == "Succeeded", await site.summary(push)
    assert found == dict.fromkeys(("one", "two"), TargetStatus.IN_PROGRESS)


async def test_a_life_of_the_bot_that_ended_in_the_middle_is_gone_on_with(site: Site) -> None:
    """What had succeeded stays so, what was in the middle has failed, and the rest is done; performed once more, nothing is done again."""
    site.targets("one", "two", "three")
    repo = await site.world.repo(pipeline("{config: AllAtOnce, rollback: never}"))
    push = await repo.push(files=revision("v1"))
    (whole,) = await site.deployments(push)
    found = await site.world.store.execution((await push.execution()).id)
    assert found is not None
    execution, definition = found
    one, two, three = sorted(whole.targets, key=lambda run: ("one", "two", "three").index(run.name))
    left = (one, replace(two, status=TargetStatus.IN_PROGRESS), pending("three"))
    await site.world.store.keep_server_deployment(
        replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    )
    stage = definition.stages[0]
    context = ActionContext(execution, definition, stage, stage.actions[0], 1)
    outcome = await site.world.deploy.perform(context)
    assert outcome.status is ActionStatus.SUCCEEDED
    (again,) = await site.deployments(push)
    assert [(run.name, run.status) for run in again.targets] == [
        ("one", TargetStatus.SUCCEEDED),
        ("two", TargetStatus.FAILED),
        ("three", TargetStatus.SUCCEEDED),
    ]
    assert again.targets[1].message == "the bot stopped in the middle of it"
    assert again.targets[2].events != three.events  # deployed to anew: ApplicationStop now has a revision before
    assert (await site.world.deploy.perform(context)).status is ActionStatus.SUCCEEDED
    assert await site.deployments(push) == [again]


async def test_sto_1_a_stop_that_the_bot_did_not_live_to_see_is_seen_through_by_the_next_life(site: Site) -> None:
    """STO-1, RLB-2: what was left in the middle is stopped, rolled back, and told; a second time nothing is done again."""
    site.targets("one", "two")
    repo = await site.world.repo(pipeline("{rollback: stop}"))
    pull_request = await repo.open_pull_request(files=revision("v1"))
    push = await pull_request.push(files=revision("v2"))
    (whole,) = await site.deployments(push)
    one, two = sorted(whole.targets, key=lambda run: run.name)
    left = (replace(one, status=TargetStatus.IN_PROGRESS), pending(two.name))
    await site.world.store.keep_server_deployment(
        replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    )
    for again in range(3):
        await site.world.deploy.abandon(f"{whole.execution}/prod/go/1")
        stopped, back = sorted(await site.deployments(push), key=lambda one: one.rollback_of)
        assert (stopped.status, stopped.error) == (DeploymentStatus.STOPPED, DeploymentError.MANUAL_STOP)
        assert [run.status for run in stopped.targets] == [TargetStatus.FAILED, TargetStatus.SKIPPED]
        assert (back.status, [run.name for run in back.targets]) == (DeploymentStatus.SUCCEEDED, ["one"])
        if not again:  # and once more, killed when the rollback had just begun
            at_work = (pending("one"),)
            await site.world.store.keep_server_deployment(
                replace(back, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=at_work)
            )
    assert site.installed("one") == {"app/version": "v1"}
    await site.world.told_how_far(whole.execution)
    assert f"rolls back {stopped.id} to 1 target: 1 done" in (await pull_request.comments())[0].body
