"""Who may do what on Bitbucket Data Center, asked afresh each time. What cannot be said for sure is refused, never guessed."""

from collections.abc import Mapping

from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.bitbucket.client import Client
from providers.bitbucket.data_center import payloads
from providers.bitbucket.data_center.api import Addresses, pages


async def role(client: Client, addresses: Addresses, repository: Repository, person: Person) -> Role:
    """The effective one: the list of users, filtered by who has a permission on the repository in whatever way (their own,
    a group's, the project's, a default one). Any token may ask; the lists of given permissions take an administrator's.

    https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-system-maintenance/#api-api-latest-users-get
    """
    details = await addresses.details(repository)

    async def may(permission: str) -> bool:
        wanted = {
            "permission.1": permission,
            "permission.1.projectKey": details.project.key,
            "permission.1.repositorySlug": details.slug,
        }
        return await _listed(client, person, wanted)

    if await may("REPO_WRITE"):
        return Role.ADMIN if await may("REPO_ADMIN") else Role.WRITE
    if await may("REPO_READ") or (details.public and await _listed(client, person, {})):
        return Role.READ
    return Role.NONE


async def in_team(client: Client, person: Person, team: str) -> bool:
    """Whether the person is in a group. Groups are of the whole host: what stands before the slash is for readers only."""
    group = team.rpartition("/")[2]
    return bool(group) and await _listed(client, person, {"group": group})


async def _listed(client: Client, person: Person, filters: Mapping[str, str]) -> bool:
    """Whether the person is among the users that pass the filters. The one by name finds others as well: the id decides."""
    if not (person.login and person.id):
        raise HostRefused("Bitbucket did not say who that is")
    async for page in pages(client, payloads.Users, "/users", {"filter": person.login, **filters}):
        if any(str(user.id) == person.id and user.name == person.login for user in page.values):
            return True
    return False
