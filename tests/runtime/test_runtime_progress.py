"""Progress is told to the host seldom, ever more seldom, and not at all once there is none."""

import asyncio

from bot.core.effects import Effect, Report
from bot.runtime.changes import Changes
from bot.runtime.outbox import Outbox, Performer
from bot.runtime.progress import Progress
from bot.stores.memory import MemoryStore
from tests.world.local_host import WallClock


async def test_however_much_changes_it_is_told_once_in_a_while_and_the_last_change_is_told() -> None:
    store, changes = MemoryStore(), Changes()
    outbox = Outbox(store, WallClock())
    told, now, seen = list[float](), asyncio.get_running_loop().time, asyncio.Event()

    async def perform(_effect: Effect, _key: str) -> bool:
        told.append(now())
        seen.set()
        return False

    await outbox.start({Report: Performer(perform)})
    progress, began = Progress(store, outbox, changes, pace=0.04), now()
    with changes.listen("e1") as listener:
        progress.tell("e1")
        await listener.changed()
    for _ in range(3):
        seen.clear()
        while not seen.is_set():
            progress.tell("e1")
            await asyncio.sleep(0.001)
    seen.clear()
    await seen.wait()  # what was told since the third
    waits = [after - before for before, after in zip([began, *told], told, strict=False)]
    assert [wait >= least for wait, least in zip(waits, (0.039, 0.059, 0.089, 0.134), strict=True)] == [True] * 4
    assert len(progress._turns) == 1
    while progress._turns:  # noqa: ASYNC110  nobody is told that there is nothing to tell
        await asyncio.sleep(0.01)
    assert len(told) == 4
    await progress.close()
    await outbox.close()
    assert await store.pending_effects(float("inf")) == []
