"""What an action tells of its progress while it goes on: live pages hear of it at once, people on the host now and then.

No decision follows from it, so it is no event: the execution's report is asked for again. Each is calls of the host's API, and some hosts take so many statuses of a
commit and no more; so the longer it goes on, the more seldom it is told.
"""

import asyncio
from dataclasses import dataclass

import structlog

from bot.core.effects import Report
from bot.ports import Store, StoreUnavailable
from bot.runtime.changes import Changes
from bot.runtime.engine import Ordered

log = structlog.get_logger(__name__)

PACE = 5.0
"""Seconds until the first report; the next comes after half as many more, and so on."""

SLOWEST = 60.0


@dataclass(slots=True)
class _Turn:
    """One execution. `told`: there is something that its host has not been told of."""

    wait: float
    timer: asyncio.TimerHandle
    told: bool = True


class Progress:
    """Belongs to one event loop."""

    def __init__(self, store: Store, outbox: Ordered, changes: Changes, pace: float = PACE) -> None:
        self._store = store
        self._outbox = outbox
        self._changes = changes
        self._pace = pace
        self._turns: dict[str, _Turn] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def tell(self, execution: str) -> None:
        """Never waits."""
        self._changes.notify(execution)
        turn = self._turns.get(execution)
        if turn is not None:
            turn.told = True
            return
        timer = asyncio.get_running_loop().call_later(self._pace, self._due, execution)
        self._turns[execution] = _Turn(self._pace, timer)

    async def close(self) -> None:
        for turn in self._turns.values():
            turn.timer.cancel()
        self._turns.clear()
        await asyncio.gather(*self._asking)

    def _due(self, execution: str) -> None:
        turn = self._turns[execution]
        if not turn.told:
            del self._turns[execution]
            return
        turn.told = False
        turn.wait = min(turn.wait * 1.5, max(SLOWEST, self._pace))
        turn.timer = asyncio.get_running_loop().call_later(turn.wait, self._due, execution)
        task = asyncio.create_task(self._ask(execution))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, execution: str) -> None:
        try:
            self._outbox.order(await self._store.enqueue([Report(execution)]))
        except StoreUnavailable as error:
            log.warning("progress not told", execution=execution, error=str(error))  # its end will be
