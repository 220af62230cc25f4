"""Deployments that outlive the bot, or wait for one another."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.actions.deploying.servers.lifecycle import pending
from bot.logs.files import LogFiles
from bot.model.deployment import DeploymentError, DeploymentStatus, TargetStatus
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, TargetSession
from bot.targets.targets import InventoryTargets
from tests.deploying.conftest import Site
from tests.deploying.releases import appears, pipeline, revision
from tests.world.repo import Push, Repo


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
        kept = await site.world.store.deployment(deployment)
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
    await site.world.store.keep_deployment(
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
    await site.world.store.keep_deployment(
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
            await site.world.store.keep_deployment(
                replace(back, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=at_work)
            )
    assert site.installed("one") == {"app/version": "v1"}
    await site.world.told_how_far(whole.execution)
    assert f"rolls back {stopped.id} to 1 target: 1 done" in (await pull_request.comments())[0].body
