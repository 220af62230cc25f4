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
        asker = Asker(repository, people)
        if found is None:
            raise refused(repository.provider, name, asker)
        await self.check(found, name, asker)
        return found.repository

    async def check(self, found: FoundRepository, name: str, asker: Asker) -> None:
        """`name` is what the repository was asked for by. Raises SourceRefused with the reason; HostUnavailable."""
        repository = found.repository
        if (repository.provider, repository.id) == (asker.repository.provider, asker.repository.id):
            return
        listed = f"{repository.provider}:{repository.full_name}"
        if found.public or any(matches(pattern, listed) for pattern in self._listed):
            return
        if repository.provider != asker.repository.provider or not asker.people:
            raise refused(repository.provider, name, asker)
        for person in asker.people:
            if not await self._may_read(repository, person):
                raise refused(repository.provider, name, asker)

    async def _may_read(self, repository: Repository, person: Person) -> bool:
        try:
            return await self._providers[repository.provider].role(repository, person) >= Role.READ
        except HostRefused as error:
            log.warning("role look-up refused", person=person.login, repository=repository.full_name, error=str(error))
            return False


def refused(host: str, name: str, asker: Asker) -> SourceRefused:
    """The same words whether there is such a repository or not: who may not see it must not learn of it."""
    who = " and ".join(dict.fromkeys(person.login for person in asker.people))
    if host != asker.repository.provider:
        why = f"there is no repository {name} on {host} that everybody may read, and hosts do not know each other's people"
    elif not who:
        why = f"there is no repository {name} that everybody may read, and nobody is known in whose name to read it"
    else:
        why = f"there is no repository {name} that {who} may read"
    return SourceRefused(
        f"{why}; whoever operates the bot can allow it to all, in PENSTOCK_SOURCE_REPOSITORIES: {host}:{name}"
    )
