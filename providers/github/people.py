"""Who may do what on GitHub, asked afresh each time. What cannot be said for sure is refused, never guessed."""

import re
from http import HTTPStatus
from urllib.parse import quote

from github import Github, GithubException
from pydantic import ValidationError

from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.github import payloads
from providers.github.objects import repository_of

ROLES = {"admin": Role.ADMIN, "write": Role.WRITE, "read": Role.READ, "none": Role.NONE}
"""The base roles. GitHub answers them in `permission` for every role: maintain is write, triage is read, and an
organization's own roles are the base that they were made from; `role_name` could be any word.
https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
"""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(\[bot\])?")
"""What may stand in an address: no slash, and no name of dots, which would lead elsewhere."""


def role(github: Github, repository: Repository, person: Person) -> Role:
    """Asked by login, the only way there is, and checked by id: a login that was given up can be taken by another."""
    hosted = repository_of(github, repository)
    _, answer = hosted.requester.requestJsonAndCheck(
        "GET", f"{hosted.url}/collaborators/{quote(_name(person.login), safe='')}/permission"
    )
    try:
        said = payloads.Permission.model_validate(answer)
    except ValidationError:
        raise HostRefused(f"GitHub did not say what {person.login} may do") from None
    if person.id and said.user is not None and str(said.user.id) != person.id:
        raise HostRefused(f"{person.login} is the name of another account by now")
    if said.permission not in ROLES:
        raise HostRefused(f"GitHub names a permission that is not known here: {said.permission[:40]!r}")
    return ROLES[said.permission]


def in_team(github: Github, person: Person, team: str) -> bool:
    """Whether the person is an active member, of the team or of one inside it. A team that the token cannot see has none.

    https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
    """
    organization, _, slug = team.partition("/")
    hosted = github.get_organization(organization).get_team_by_slug(slug)
    try:
        membership = hosted.get_team_membership(_name(person.login))
    except GithubException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return bool(membership.state == "active")


def organization_of(team: str) -> str:
    """Of a team as `organization/team`; "" when it is none."""
    organization, _, slug = team.partition("/")
    return organization if _NAME.fullmatch(organization) and _NAME.fullmatch(slug) else ""


def _name(login: str) -> str:
    if not _NAME.fullmatch(login):
        raise HostRefused(f"{login[:40]!r} is no login of GitHub's")
    return login
