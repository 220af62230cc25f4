"""Actions that go on later: when they are woken, and when not."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.effects import StartAction
from bot.model.continuation import Continuation, closed
from bot.model.failing import Failing
from bot.model.repository import Repository
from bot.ports import OutboxEntry
from bot.runtime.waits import Waits
from bot.stores.memory import MemoryStore
from tests.world.host import WoundClock

NOW = 1000.0
MERGED = closed(Repository("github", "7", "acme/env"), 3)


class Ordering:
    def __init__(self) -> None:
        self.due: list[float] = []

    def order(self, entries: Sequence[OutboxEntry]) -> None:
        self.due += [entry.due for entry in entries]

    def doubt(self) -> None: ...


def waiting(execution: str = "1", wakes: str = MERGED) -> StartAction:
    return StartAction(execution, "prod", "go", 1, again=Continuation(NOW + 60, NOW, NOW, wakes=wakes))


async def test_who_waits_for_it_is_woken_and_nobody_else() -> None:
    store, outbox = MemoryStore(), Ordering()
    waits = Waits(store, outbox, WoundClock(NOW))
    for effect in (waiting("1"), waiting("2", closed(Repository("gitlab", "7", "acme/env"), 3)), waiting("3", "")):
        await waits.later(effect)
    assert outbox.due == [NOW + 60] * 3
    await waits.wake(MERGED)
    assert sorted(entry.due for entry in await store.pending_effects(2 * NOW)) == [NOW, NOW + 60, NOW + 60]
    assert outbox.due[3:] == [NOW]


async def test_it_is_woken_by_a_later_life() -> None:
    store, outbox = MemoryStore(), Ordering()
    await Waits(store, outbox, WoundClock(NOW)).later(waiting())
    again = Waits(store, outbox, WoundClock(NOW + 5))
    await again.start()
    await again.wake(MERGED)
    assert outbox.due == [NOW + 60, NOW + 5]


async def test_what_is_heard_while_it_looks_is_not_missed() -> None:
    """It looked just before the merge, and has not said yet that it is to look again."""
    outbox = Ordering()
    waits = Waits(MemoryStore(), outbox, WoundClock(NOW))
    await waits.later(waiting())
    await waits.wake(MERGED)
    await waits.later(waiting())
    await waits.later(waiting())
    assert outbox.due == [NOW + 60, NOW, NOW, NOW + 60]


async def test_who_has_ended_is_not_woken() -> None:
    outbox = Ordering()
    waits = Waits(MemoryStore(), outbox, WoundClock(NOW))
    await waits.later(waiting())
    waits.over(waiting().key)
    await waits.wake(MERGED)
    assert outbox.due == [NOW + 60]


async def test_who_could_not_be_performed_keeps_its_count_and_its_pause_however_soon_it_is_woken() -> None:
    store = MemoryStore()
    waits = Waits(store, Ordering(), WoundClock(NOW))
    await waits.later(waiting())
    failed = replace(waiting(), failing=Failing(NOW - 800, NOW + 30, 20))
    await waits.tried_again(failed)
    await waits.wake(MERGED)
    [entry] = await store.pending_effects(2 * NOW)
    assert isinstance(entry.effect, StartAction)
    assert (entry.effect.failing, entry.due) == (failed.failing, NOW + 30)
