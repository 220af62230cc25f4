"""Letting go, once an hour, of what nobody needs any more: settled deliveries, history that is old (`retention`), and copies of
commits that nothing live runs.

In small batches, so that nobody waits for it; whatever fails is tried again the next time.
"""

import asyncio
from collections import defaultdict

import structlog

from bot.core.artifacts import produced
from bot.model.repository import Repository
from bot.ports import Clock, ExecutionFilter, HostUnavailable, Sources, StorageUnavailable, Store, StoreUnavailable
from bot.runtime.retention import DAY, Kept, Retention

log = structlog.get_logger(__name__)

FIRST = 60.0
EVERY = 3600.0
BATCH = 200
UNWANTED = DAY
"""Seconds for which a commit that nobody wants is kept all the same: the next one of its branch is fetched as a difference to it."""


class Upkeep:
    """Runs beside the loops."""

    def __init__(self, store: Store, sources: Sources, clock: Clock, kept: Kept, retention: Retention) -> None:
        self._store = store
        self._sources = sources
        self._clock = clock
        self._kept = kept
        self._retention = retention
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def once(self) -> None:
        """Let go of all that may go now."""
        before = self._clock.now() - self._kept.deliveries * DAY
        forgotten = 0
        while some := await self._store.forget_deliveries(before, BATCH):
            forgotten += some
        removed = await self._retention.once()
        pruned = await self._sources.prune(await self._needed(), UNWANTED)
        if forgotten or removed or pruned:
            log.info("let go", deliveries=forgotten, executions=removed, commits=pruned)

    async def _needed(self) -> dict[Repository, set[str]]:
        """The commits of what runs or may be retried: work trees borrow from their copies."""
        needed: dict[Repository, set[str]] = defaultdict(set)
        last = ""
        while page := await self._store.executions(ExecutionFilter(live=True), BATCH, last):
            for execution in page:
                needed[execution.lane.repository].add(execution.revision.commit)
                for artifact in produced(execution).values():
                    if artifact.reference is not None:
                        needed[artifact.reference.repository].add(artifact.reference.commit)
            last = page[-1].id
        return needed

    async def _run(self) -> None:
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.once()
            except (StoreUnavailable, StorageUnavailable, HostUnavailable) as error:
                log.warning("not everything could be let go", reason=str(error))
            except Exception:
                log.exception("upkeep failed")
            await asyncio.sleep(EVERY)
