"""Deployments to a cluster that are cut short: stopped, or by a bot that ended in the middle, or by a cluster that is away."""

import asyncio
import re
from dataclasses import replace

import pytest

from bot.clusters import connection
from bot.messages.words import said, when
from bot.model.deployment import DeploymentStatus, TargetStatus
from bot.model.execution import ActionStatus
from bot.ports import ActionContext
from tests.deploying.conftest import Place
from tests.deploying.written import config_map, deployment, pipeline, written


async def test_a_cluster_that_does_not_answer_is_waited_for_before_anything_is_begun(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the bot's own artifact store is: people see for what, and until when."""
    monkeypatch.setattr(connection, "PATIENCE", 0.0)
    right = (place.world.folder / "clusters.yml").read_text()
    kubeconfig = place.cluster.kubeconfig(place.world.folder / "away")
    kubeconfig.write_text(re.sub(r"(server: \S+):\d+", r"\1:1", kubeconfig.read_text()))
    (place.world.folder / "clusters.yml").write_text(
        right.replace(str(place.world.folder / "kubeconfig"), str(kubeconfig))
    )
    repo = await place.world.repo(pipeline())
    push = await repo.push(files=written(config_map("hello", a="1")))
    until = when(place.world.clock.at + 900)
    run = (await push.execution()).stages[0].action("go")
    assert said(run) == f"waits for the cluster main, which can't be reached: it is tried again until {until}"
    assert "the cluster main can't be reached: it is tried again" in await place.site.log(push)
    assert await place.site.deployments(push) == []
    (place.world.folder / "clusters.yml").write_text(right)
    await place.world.wind(seconds=60)
    assert await push.status() == "Succeeded", await place.site.summary(push)
    assert place.data("hello") == {"a": "1"}

    (place.world.folder / "clusters.yml").write_text(
        right.replace(str(place.world.folder / "kubeconfig"), str(kubeconfig))
    )
    push = await repo.push(files=written(config_map("hello", a="2")))
    await place.world.wind(seconds=900)
    assert await place.site.summary(push) == "the cluster main can't be reached, however often it was tried for 15 min"


async def test_a_cluster_that_is_away_for_a_moment_is_asked_again(place: Place) -> None:
    place.cluster.faults = [503, 0, 429]
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert await push.status() == "Succeeded"


async def test_sto_1_a_stop_ends_the_waiting_and_says_what_was_not_ready(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    going = asyncio.create_task(repo.push("one", files=written(deployment(image="acme/web:slow"))))
    while not [each for each in place.cluster.asked if each.startswith("watch")]:  # noqa: ASYNC110  a request tells nobody
        await asyncio.sleep(0.01)
    execution = (await repo.executions())[-1]
    run = execution.stages[0].actions[0]
    await place.world.deploy.abandon(run.log)
    push = await going
    (found,) = await place.site.deployments(push)
    assert (found.status, found.message) == (DeploymentStatus.STOPPED, "it was stopped: Deployment/web is not ready")
    assert (await push.execution()).stages[0].actions[0].status is ActionStatus.FAILED


async def test_a_life_of_the_bot_that_ended_in_the_middle_is_gone_on_with(place: Place) -> None:
    """It is applied again, which changes nothing there, and waited for; performed once more, nothing is done again."""
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment(), config_map("a", b="c")))
    (whole,) = await place.site.deployments(push)
    found = await place.world.store.execution((await push.execution()).id)
    assert found is not None
    execution, definition = found
    context = ActionContext(execution, definition, definition.stages[0], definition.stages[0].actions[0], 1)
    left = tuple(replace(run, status=TargetStatus.IN_PROGRESS) for run in whole.targets)
    middle = replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    await place.world.store.keep_deployment(middle)
    version = place.cluster.objects.version
    assert (await place.world.deploy.perform(context)).status is ActionStatus.SUCCEEDED
    assert place.cluster.objects.version == version
    assert [replace(one, ended_at=None) for one in await place.site.deployments(push)] == [
        replace(whole, ended_at=None)
    ]
    asked = len(place.cluster.asked)
    assert (await place.world.deploy.perform(context)).status is ActionStatus.SUCCEEDED
    assert len(place.cluster.asked) == asked


async def test_sto_1_what_an_earlier_life_has_begun_is_stopped(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(config_map("a", b="c"), deployment()))
    (whole,) = await place.site.deployments(push)
    first, second = whole.targets
    left = (first, replace(second, status=TargetStatus.IN_PROGRESS))
    await place.world.store.keep_deployment(
        replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    )
    await place.world.deploy.abandon(f"{whole.execution}/prod/go/1")
    (found,) = await place.site.deployments(push)
    assert (found.status, found.message) == (DeploymentStatus.STOPPED, "it was stopped: Deployment/web is not ready")
    assert [run.status for run in found.targets] == [TargetStatus.SUCCEEDED, TargetStatus.UNKNOWN]


async def test_what_a_deployment_left_that_nobody_goes_on_with_is_pruned_by_the_next(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(config_map("a", b="c"), deployment()))
    (whole,) = await place.site.deployments(push)
    await place.world.store.keep_deployment(replace(whole, status=DeploymentStatus.IN_PROGRESS))
    await repo.push("two", files=written(deployment()))
    assert place.data("a") is None
