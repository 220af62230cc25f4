"""How many builds of a batch run at once: one in the action's own place, more in places that are free, all given back."""

import asyncio
from collections.abc import Callable

import pytest

from bot.actions.building.batch.places import SideBySide


class Builds:
    """Pieces of work that end when they are told to."""

    def __init__(self, *names: str) -> None:
        self.left = list(names)
        self.ends = {name: asyncio.Event() for name in names}
        self.running: list[str] = []

    def next(self) -> list[str]:
        return list(self.left)

    async def work(self, name: str) -> None:
        self.running.append(name)
        try:
            await self.ends[name].wait()
        finally:
            self.running.remove(name)

    async def between(self) -> None:
        self.left = [name for name in self.left if name not in self.running and not self.ends[name].is_set()]

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(1000):
            if condition():
                return
            await asyncio.sleep(0)
        pytest.fail(f"running: {self.running}")


def free(places: asyncio.Semaphore) -> int:
    return places._value


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_batch_takes_free_places_and_gives_all_of_them_back(*, cancelled: bool) -> None:
    places, builds = asyncio.Semaphore(2), Builds("a", "b", "c", "d")
    side = SideBySide(places)

    def ready() -> list[str]:
        return [name for name in builds.next() if name not in side.running.values()]

    task = asyncio.create_task(side.work_off(ready, builds.work, builds.between))
    await builds.until(lambda: builds.running == ["a", "b", "c"])
    assert places.locked()
    builds.ends["b"].set()
    await builds.until(lambda: builds.running == ["a", "c", "d"])
    if cancelled:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert builds.running == []
    else:
        for end in builds.ends.values():
            end.set()
        await task
    assert free(places) == 2


async def test_a_batch_that_gets_no_further_place_goes_on_in_its_own_and_others_keep_theirs() -> None:
    places, builds = asyncio.Semaphore(1), Builds("a", "b")
    side = SideBySide(places)
    await places.acquire()

    def ready() -> list[str]:
        return [name for name in builds.next() if name not in side.running.values()]

    task = asyncio.create_task(side.work_off(ready, builds.work, builds.between))
    await builds.until(lambda: builds.running == ["a"])
    builds.ends["a"].set()
    await builds.until(lambda: builds.running == ["b"])
    builds.ends["b"].set()
    await task
    assert free(places) == 0
    places.release()
    assert free(places) == 1
