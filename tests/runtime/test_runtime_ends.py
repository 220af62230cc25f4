"""An action's end: kept until it is told, whatever the store does; and orders that no longer count."""

import asyncio
from dataclasses import replace

import pytest

from bot.core.effects import AbandonAction, StartAction
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, ActionOutcome, StoreUnavailable
from tests.runtime.test_runtime_let_go import NOW, RUN, Keeps, Scene
from tests.world.patience import PATIENCE


class _Done(Keeps):
    """An action that has succeeded as soon as it is performed."""

    async def perform(self, context: ActionContext) -> ActionOutcome:
        self.looks += 1
        return ActionOutcome(ActionStatus.SUCCEEDED, NOW)


async def test_an_end_that_can_not_be_told_yet_is_kept_and_nothing_of_the_work_goes_before_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A later life would find no trace of it, and do it a second time."""
    scene = Scene(_Done)
    await scene.ordered(RUN)

    async def failing(_commit: object) -> None:
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as down:
        down.setattr(scene.store, "commit", failing)
        with pytest.raises(StoreUnavailable):
            await scene.perform()
    assert (scene.keeps.looks, scene.keeps.cleared) == (1, [])
    await scene.perform()
    assert (scene.keeps.looks, [what for what, _ in scene.keeps.cleared]) == (1, ["forget"])
    found = await scene.engine.execution("e1")
    assert found is not None
    assert found[0].status.ended


async def test_what_is_abandoned_while_it_is_being_prepared_is_not_waited_for() -> None:
    """There is nothing to kill yet, and there shall be nothing."""
    scene = Scene()
    await scene.ordered(RUN)
    scene.keeps.over.clear()
    performing = asyncio.create_task(scene.perform())
    await scene.keeps.looking.wait()
    await scene.runner.abandon(AbandonAction("e1", "prod", "go", 1), "abandon")
    done, _ = await asyncio.wait([performing], timeout=PATIENCE)
    assert done, "it is still waited for"
    assert (scene.runner.running, scene.keeps.looks) == (0, 0)


async def test_an_order_of_another_attempt_is_not_performed() -> None:
    scene = Scene(_Done)
    await scene.ordered(RUN)
    effect = scene.order.effect
    assert isinstance(effect, StartAction)
    assert not await scene.runner.start(replace(effect, attempt=2), "another")
    assert scene.keeps.looks == 0
