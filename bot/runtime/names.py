"""What repositories are called by now: whatever keeps a name in memory is told when an event comes under another one."""

from collections.abc import Mapping

import structlog

from bot.model.repository import Repository
from bot.ports import Provider, Store
from bot.runtime.homes import Homes

log = structlog.get_logger(__name__)


class Names:
    """The store keeps them; what is kept here is a copy."""

    def __init__(self, store: Store, providers: Mapping[str, Provider], homes: Homes) -> None:
        self._store = store
        self._providers = providers
        self._homes = homes
        self._known: dict[tuple[str, str], str] = {}

    async def start(self) -> None:
        for repository, _ in await self._store.repositories():
            self._learn(repository)

    def known(self, repository: Repository) -> bool:
        """Whether it was called so when it was last heard of."""
        return self._known.get((repository.provider, repository.id)) == repository.full_name

    async def heard(self, repository: Repository) -> None:
        """An event tells of it under this name."""
        before = self._known.get((repository.provider, repository.id))
        if before == repository.full_name:
            return
        if before is not None:
            log.info("repository renamed", before=before, now=repository.full_name)
            await self._store.rename(repository)
            self._homes.renamed(repository)
        self._learn(repository)

    def _learn(self, repository: Repository) -> None:
        self._known[repository.provider, repository.id] = repository.full_name
        if (provider := self._providers.get(repository.provider)) is not None:
            provider.learn(repository)
