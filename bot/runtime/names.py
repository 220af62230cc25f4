"""What repositories are called by now: whatever keeps a name in memory is told when an event comes under another one."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.model.repository import Repository
from bot.ports import HostRefused, Provider, Store
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

    async def heard(self, repository: Repository) -> Repository:
        """An event tells of it under this name: the repository as it is called by now. Raises HostUnavailable.

        A delivery may come late, and name it as it was: another name than the known one is believed when the host has the
        repository under it.
        """
        before = self._known.get((repository.provider, repository.id))
        if before == repository.full_name:
            return repository
        if before is not None:
            repository = await self._confirmed(repository, before)
        if before not in (None, repository.full_name):
            log.info("repository renamed", before=before, now=repository.full_name)
            await self._store.rename(repository)
            self._homes.renamed(repository)
        self._learn(repository)
        return repository

    async def _confirmed(self, repository: Repository, before: str) -> Repository:
        try:
            found = await self._providers[repository.provider].find(repository.full_name)
        except HostRefused as error:
            log.warning("look-up of a new name refused", name=repository.full_name, error=str(error))
            found = None
        if found is None or found.repository.id != repository.id:
            return replace(repository, full_name=before)
        return found.repository

    def _learn(self, repository: Repository) -> None:
        self._known[repository.provider, repository.id] = repository.full_name
        if (provider := self._providers.get(repository.provider)) is not None:
            provider.learn(repository)
