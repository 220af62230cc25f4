"""What becomes of what is known of a repository when it is renamed, deleted, archived, or taken from the bot or given to it."""

import structlog

from bot.core.events import StopRequested
from bot.model.delivery import Delivery
from bot.model.host_event import RepositoriesChanged, RepositoryChange
from bot.model.repository import Repository
from bot.ports import Clock, ExecutionFilter, Store
from bot.runtime.engine import Engine
from bot.runtime.homes import Homes
from bot.runtime.schedules import Schedules
from bot.runtime.watches import Watches

log = structlog.get_logger(__name__)

WORDS = {
    RepositoryChange.DELETED: "the repository was deleted",
    RepositoryChange.ARCHIVED: "the repository was archived",
    RepositoryChange.DISCONNECTED: "the bot was taken from the repository",
}
"""Those that leave, and why that stops what runs."""

AT_ONCE = 100


class RepositoryIntake:
    """Nothing is removed: what ran is there to be read. A repository that is back starts again with its next push."""

    def __init__(
        self, store: Store, engine: Engine, homes: Homes, schedules: Schedules, watches: Watches, clock: Clock
    ) -> None:
        self._store = store
        self._engine = engine
        self._homes = homes
        self._schedules = schedules
        self._watches = watches
        self._clock = clock

    async def handle(self, delivery: Delivery, event: RepositoriesChanged) -> None:
        words = WORDS.get(event.change)
        for repository in event.repositories:
            log.info("repository changed", repository=repository.full_name, change=str(event.change))
            if words is not None:
                await self._leave(delivery, repository, words)

    async def _leave(self, delivery: Delivery, repository: Repository, words: str) -> None:
        """Nobody is there any more to be asked or told: by schedule or source nothing starts, and what runs is stopped."""
        await self._store.leave(repository)
        self._homes.leave(repository)
        await self._schedules.leave(repository)
        await self._watches.leave(repository)
        which = ExecutionFilter(live=True, provider=repository.provider, repository_id=repository.id)
        for execution in await self._store.executions(which, AT_ONCE):
            if not execution.status.ended:
                identity, now = f"{delivery.key}:left:{execution.id}", self._clock.now()
                stop = StopRequested(identity, now, abandon=True, by=None, reason=words, execution=execution.id)
                await self._engine.tell(execution.lane, stop)
