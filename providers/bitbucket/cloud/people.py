"""Who may do what on Bitbucket Cloud, asked afresh each time. What cannot be said for sure is refused, never guessed."""

import re
from http import HTTPStatus

from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.bitbucket.client import Client, Refused, at, read
from providers.bitbucket.cloud import payloads
from providers.bitbucket.cloud.api import details, of, pages

ROLES = {"admin": Role.ADMIN, "write": Role.WRITE, "read": Role.READ, "none": Role.NONE}

_UUID = re.compile(r"\{[0-9a-f-]{1,64}\}")
_SLUG = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*")


async def role(client: Client, repository: Repository, person: Person) -> Role:
    """The effective one: "the highest level of permission the user has", by groups, the project and the workspace as well.

    It takes a token that administers the repository. Whoever is not in the list may read what is public.
    https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-permissions-repositories-repo-slug-get
    """
    if not _UUID.fullmatch(person.id):
        raise HostRefused("Bitbucket did not say who that is")
    workspace = repository.full_name.partition("/")[0]
    path = f"{at('workspaces', workspace)}/permissions/repositories{at(repository.id)}"
    try:
        async for page in pages(client, payloads.Permissions, path, {"q": f'user.uuid="{person.id}"'}):
            for one in page.values:
                if one.user is not None and one.user.uuid == person.id:
                    return _role(one.permission)
    except Refused as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return await _explicit(client, repository, person)
    return Role.NONE if (await details(client, repository)).is_private else Role.READ


async def _explicit(client: Client, repository: Repository, person: Person) -> Role:
    """What was given to the person alone: never more than they have. A repository's own access token may ask for that only.

    https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-permissions-config-users-selected-user-id-get
    """
    answer = await client.get_or_none(f"{of(repository)}/permissions-config/users{at(person.id)}")
    if answer is None:
        return Role.NONE
    found = read(payloads.Permission, answer)
    if found.user is not None and found.user.uuid != person.id:
        raise HostRefused("Bitbucket answered for somebody else")
    return _role(found.permission)


async def in_team(client: Client, person: Person, team: str) -> bool:
    """Whether the person is in the workspace's group, `workspace/group-slug`. A group that the token cannot see has nobody.

    Groups are still read through API 1.0: https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
    """
    workspace, _, slug = team.partition("/")
    if not (_SLUG.fullmatch(workspace) and _SLUG.fullmatch(slug) and person.id):
        return False
    try:
        answer = await client.ask_beside("GET", "/2.0", "/1.0", f"/groups{at(workspace, slug)}/members")
    except Refused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return any(one.uuid == person.id for one in read(payloads.Members, answer).root)


def _role(permission: str) -> Role:
    if permission not in ROLES:
        raise HostRefused(f"Bitbucket names a permission that is not known here: {permission[:40]!r}")
    return ROLES[permission]
