"""The outbox beside a store that somebody else writes to, too: an order that it has not been told of is not forgotten."""

from bot.core.effects import Effect, Report
from bot.runtime.outbox import Outbox, Performer
from bot.stores.memory import MemoryStore
from tests.world.local_host import WallClock


async def test_an_order_that_is_older_than_what_is_stored_is_followed_by_the_newer_one() -> None:
    """What was read before a write may be ordered after it, and the newer order be taken for it: a store that failed is read again."""
    store, performed = MemoryStore(), list[str]()
    outbox = Outbox(store, WallClock())

    async def perform(effect: Effect, key: str) -> bool:
        performed.append(key)
        return False

    await outbox.start({Report: Performer(perform)})
    [stale] = await store.enqueue([Report("e1")])
    [newer] = await store.enqueue([Report("e1")])
    outbox.order([newer])
    outbox.order([stale])
    await outbox.settled()
    await outbox.close()

    assert performed
    assert await store.pending_effects(float("inf")) == []
