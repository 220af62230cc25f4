"""How many builds of one batch run at once: one has the action's own place, more take places that no action has.

A batch waits for one place at a time, behind whoever asked before, so that a hundred builds take their turns with everybody else's actions.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

Work: TypeAlias = Callable[[str], Coroutine[Any, Any, None]]


class SideBySide:
    """Runs pieces of work by their names. `running` are those that have begun and not ended."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._own: str | None = None
        self.running: dict[asyncio.Task[None], str] = {}

    async def work_off(
        self,
        next_work: Callable[[], list[str]],
        work: Work,
        between: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Until nothing runs and nothing may begin. `next_work` names what may, and is asked anew whenever something has ended, when
        `between` has been done. `work` raises nothing. Cancelled, this cancels what runs, and waits for it.
        """
        more: asyncio.Task[bool] | None = None
        try:
            while True:
                await between()
                ready = next_work()
                if ready and self._own is None:
                    self._own = ready[0]
                    self._begin(ready.pop(0), work)
                if ready and more is None:
                    more = asyncio.create_task(self._places.acquire())
                if not ready and more is not None:
                    await self._give_back(more)
                    more = None
                if not self.running:
                    return
                await asyncio.wait({*self.running, *([more] if more else [])}, return_when=asyncio.FIRST_COMPLETED)
                self._clear()
                if more is not None and more.done():
                    more = None
                    self._begin_or_release(next_work(), work)
        finally:
            for task in self.running:
                task.cancel()
            await asyncio.gather(*self.running, return_exceptions=True)
            self._clear()
            if more is not None:
                await self._give_back(more)

    def _begin_or_release(self, ready: list[str], work: Work) -> None:
        if ready:
            self._begin(ready[0], work)
        else:
            self._places.release()

    def _begin(self, name: str, work: Work) -> None:
        self.running[asyncio.create_task(work(name))] = name

    def _clear(self) -> None:
        """Of what has ended, the places are free again."""
        for task in [task for task in self.running if task.done()]:
            if self.running.pop(task) == self._own:
                self._own = None
            else:
                self._places.release()

    async def _give_back(self, more: asyncio.Task[bool]) -> None:
        more.cancel()
        await asyncio.gather(more, return_exceptions=True)
        if not more.cancelled():
            self._places.release()
