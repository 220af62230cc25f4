"""What a commenter is in a repository: the role, and whom an approval names that they are. Asked of the host afresh each time.

A look-up that the host refuses leaves nobody anything: fail closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import HostRefused, Provider

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    provider: Provider
    repository: Repository
    person: Person
    role: Role

    async def principals(self, entries: Sequence[str]) -> tuple[str, ...]:
        """Which entries of `by:` lists the person satisfies, as the host says now. What it can't say, they don't."""
        found = []
        for entry in dict.fromkeys(entries):
            kind, _, name = entry.partition(":")
            if (
                (kind == "user" and self.person.is_called(name))
                or (kind == "role" and self.role >= Role[name.upper()])
                or (kind == "team" and await self._in_team(name))
            ):
                found.append(entry)
        return tuple(found)

    async def _in_team(self, team: str) -> bool:
        try:
            return await self.provider.in_team(self.repository, self.person, team)
        except HostRefused as error:
            log.warning("team look-up refused", team=team, error=str(error))
            return False


async def standing(provider: Provider, repository: Repository, person: Person) -> Standing:
    try:
        role = await provider.role(repository, person)
    except HostRefused as error:
        log.warning("role look-up refused", person=person.login, error=str(error))
        role = Role.NONE
    return Standing(provider, repository, person, role)
