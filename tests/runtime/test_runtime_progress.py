"""Progress is told to the host seldom, ever more seldom, and not at all once there is none."""

import asyncio

import pytest

from bot.core.effects import Effect, Report
from bot.runtime.changes import Changes
from bot.runtime.outbox import Outbox, Performer
from bot.runtime.progress import Progress
from bot.stores.memory import MemoryStore
from tests.world.local_host import WallClock


async def test_however_much_changes_it_is_told_once_in_a_while_and_the_last_change_is_told() -> None:
    store, changes = MemoryStore(), Changes()
    outbox = Outbox(store, WallClock())
    waits, seen = list[float](), asyncio.Event()

    async def perform(_effect: Effect, _key: str) -> bool:
        waits.append(progress._turns["e1"].wait)
        seen.set()
        return False

    await outbox.start({Report: Performer(perform)})
    progress = Progress(store, outbox, changes, pace=0.04)
    with changes.listen("e1") as listener:
        progress.tell("e1")
        await listener.changed()
    assert waits == []
    for _ in range(4):
        progress.tell("e1")
        progress.tell("e1")
        await seen.wait()
        seen.clear()
    assert waits == pytest.approx([0.06, 0.09, 0.135, 0.2025])
    while progress._turns:  # noqa: ASYNC110  nobody is told that there is nothing to tell
        await asyncio.sleep(0.01)
    assert len(waits) == 4
    await progress.close()
    await outbox.close()
    assert await store.pending_effects(float("inf")) == []
