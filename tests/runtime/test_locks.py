"""Locks by key: held in turn, side by side for others, and gone when nobody wants them."""

import asyncio
import gc

from bot.locks import Locks


async def test_one_holds_a_key_at_a_time_and_nothing_of_it_stays() -> None:
    locks, order = Locks[str](), list[str]()
    begun = asyncio.Event()

    async def work(name: str, key: str) -> None:
        async with locks[key]:
            order.append(f"{name} in")
            begun.set()
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(f"{name} out")

    first = asyncio.create_task(work("first", "a"))
    await begun.wait()
    gc.collect()
    waiting = [asyncio.create_task(work("second", "a")), asyncio.create_task(work("other", "b"))]
    await asyncio.sleep(0)
    assert len(locks) == 2
    await asyncio.gather(first, *waiting)
    assert order.index("first out") < order.index("second in")
    assert order.index("other in") < order.index("first out")
    gc.collect()
    assert len(locks) == 0
