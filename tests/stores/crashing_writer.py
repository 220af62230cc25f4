"""A process that writes through a store in a loop and prints what was acknowledged, until it is killed. Not a test itself."""

import asyncio
import os
import sys

from bot.stores.sql import SqlStore
from tests.stores.told import Told, add, delivery, lane_key, pipeline


def acknowledge(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def deliver(store: SqlStore, worker: str) -> None:
    for serial in range(1_000_000):
        name = f"{worker}-{serial}"
        await add(store, delivery(name, body=name.encode() * 500))
        acknowledge(f"delivery {name}")


async def decide(store: SqlStore, worker: str) -> None:
    """One lane: an execution is started and finished again and again."""
    lane = lane_key(name=worker)
    base = int(worker.removeprefix("lane")) * 1_000_000
    told = Told(store, ids=iter(range(base, base + 999_999)), starts=iter(range(base, base + 999_999)))
    while True:
        started = await told.start(lane, pipeline(worker), number=await store.next_number(lane.repository, worker))
        acknowledge(f"event {worker} {started.id} start_requested")
        await told.finish(lane, started.id, "build")
        acknowledge(f"event {worker} {started.id} action_finished")
        await told.finish(lane, started.id, "prod")
        acknowledge(f"ended {worker} {started.id} action_finished")


async def main(url: str, life: str) -> None:
    store = await SqlStore.open(url)
    workers = [deliver(store, f"{life}-{n}") for n in range(3)]
    await asyncio.gather(*workers, *(decide(store, f"lane{life}{n}") for n in range(3)))


asyncio.run(main(sys.argv[1], sys.argv[2]))
