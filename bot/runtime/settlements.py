"""What became of deliveries, written together a moment later: a delivery that is handled twice for want of it does no harm."""

import asyncio

import structlog

from bot.model.delivery import DeliveryOutcome
from bot.ports import Settled, Store, StoreUnavailable

log = structlog.get_logger(__name__)

GATHER = 0.1
"""Seconds for which outcomes gather, so that a flood of deliveries costs a write each, not two."""


class Settlements:
    """`add` never waits. `written` waits for all that was added before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gathered: list[Settled] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, key: str, outcome: DeliveryOutcome, reason: str = "") -> None:
        self._gathered.append(Settled(key, outcome, reason))
        if self._task is None:
            self._task = asyncio.create_task(self._write())

    async def written(self) -> None:
        while self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Stop. What is not written by now is handled again in the next life."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while self._gathered:
                await asyncio.sleep(GATHER)
                await self._write_gathered()
        finally:
            self._task = None

    async def _write_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        try:
            await self._store.settle_deliveries(gathered)
        except StoreUnavailable as error:
            log.warning("outcomes of deliveries not written", count=len(gathered), error=str(error))
            self._gathered = gathered + self._gathered
