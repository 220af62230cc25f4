"""Whose eyes a source is read with. The bot's token sees more than people do, and a pull request's file is anybody's to write.

A repository other than the pipeline's own may be read when everybody may read it, when the bot's settings list it, or when
all in whose name the execution runs may read it, as the host says now: who caused it, and who brought the revision with the
pipeline file. Where nobody is known, or the host cannot say, it may not.
"""

from collections.abc import Mapping, Sequence

import structlog

from bot.actions.source.kind import Asker
from bot.model.glob import matches
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import FoundRepository, HostRefused, Provider, SourceRefused

log = structlog.get_logger(__name__)

REMEDY = "whoever operates the bot can allow it to all: PENSTOCK_SOURCE_REPOSITORIES"


class ReadAccess:
    """`listed` are patterns of `host:owner/name` that every pipeline may read."""

    def __init__(self, providers: Mapping[str, Provider], listed: Sequence[str]) -> None:
        self._providers = providers
        self._listed = listed

    async def beside(self, repository: Repository, name: str, people: Sequence[Person]) -> Repository:
        """The repository of that name on the same host, for what a commit names (a submodule). Raises as `check` does."""
        try:
            found = await self._providers[repository.provider].find(name)
        except HostRefused as error:
            raise SourceRefused(f"{name} can't be looked up: {error}") from error
        if found is None:
            raise refused(name, people)
        await self.check(found, Asker(repository, people))
        return found.repository

    async def check(self, found: FoundRepository, asker: Asker) -> None:
        """Raises SourceRefused with the reason; HostUnavailable."""
        repository = found.repository
        if (repository.provider, repository.id) == (asker.repository.provider, asker.repository.id):
            return
        name = f"{repository.provider}:{repository.full_name}"
        if found.public or any(matches(pattern, name) for pattern in self._listed):
            return
        if repository.provider != asker.repository.provider:
            raise SourceRefused(
                f"{name} is on another host, which cannot say what people of this one may read; {REMEDY}"
            )
        if not asker.people:
            raise SourceRefused(
                f"{repository.full_name} is private, and nobody is known in whose name to read it; {REMEDY}"
            )
        for person in asker.people:
            if not await self._may_read(repository, person):
                raise refused(repository.full_name, asker.people)

    async def _may_read(self, repository: Repository, person: Person) -> bool:
        try:
            return await self._providers[repository.provider].role(repository, person) >= Role.READ
        except HostRefused as error:
            log.warning("role look-up refused", person=person.login, repository=repository.full_name, error=str(error))
            return False


def refused(full_name: str, people: Sequence[Person]) -> SourceRefused:
    """The same words whether there is such a repository or not: who may not see it must not learn of it."""
    who = " and ".join(dict.fromkeys(person.login for person in people)) or "nobody"
    return SourceRefused(f"there is no repository {full_name} that {who} may read; {REMEDY}")
