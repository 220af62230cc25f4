"""Who may do what on GitLab, asked afresh each time. What cannot be said for sure is refused, never guessed."""

import re
from datetime import UTC, date, datetime
from urllib.parse import quote

from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Clock, HostRefused
from providers.base.identity import number_of
from providers.gitlab.client import GitLabClient
from providers.gitlab.errors import NotThere
from providers.gitlab.objects import project_path
from providers.gitlab.payloads import NAME, Account, Member, Visible

GUEST, REPORTER, DEVELOPER, MAINTAINER = 10, 20, 30, 40
"""https://docs.gitlab.com/api/project_members/#roles. A Maintainer changes the project's settings, its webhooks among them;
levels between the named ones (such as Planner, 15) may what the one below them may."""

_GROUP = re.compile(rf"{NAME}(/{NAME})*")


class People:
    """What somebody may do, and which group they belong to. Always asked by id: a login can be given up and taken over."""

    def __init__(self, client: GitLabClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def role(self, repository: Repository, person: Person) -> Role:
        """The highest of what the project and the groups above it give, as GitLab itself reckons.

        Whoever may write must be a person, and the one who is meant. Others cost no second question.
        """
        project, identity = project_path(repository), _id_of(person)
        member = await self._member(f"{project}/members/all/{identity}")
        level = member.access_level if member else 0
        if level >= DEVELOPER:
            if not await self._is_that_person(person, identity):
                return Role.NONE
            return Role.ADMIN if level >= MAINTAINER else Role.WRITE
        return Role.READ if level >= REPORTER or await self._may_read(project) else Role.NONE

    async def in_team(self, person: Person, team: str) -> bool:
        """Whether the person is a member of the group itself.

        Members of the groups above it are members too by inheritance, but whoever names a group means those in it: so does
        GitLab for group approvers, https://docs.gitlab.com/user/project/merge_requests/approvals/rules/#group-approvers
        """
        identity = _id_of(person)
        if not _GROUP.fullmatch(team):
            return False
        member = await self._member(f"/groups/{quote(team, safe='')}/members/{identity}")
        return member is not None and member.access_level >= GUEST and await self._is_that_person(person, identity)

    async def _member(self, path: str) -> Member | None:
        """None where there is no such member, or none whose membership counts today."""
        try:
            member = await self._client.get(path, Member)
        except NotThere:
            return None
        if member.state != "active" or member.membership_state != "active":
            return None
        if member.expires_at is not None and _day(member.expires_at) <= self._today():
            return None
        return member

    async def _may_read(self, project: str) -> bool:
        """Anybody signed in may read what is public or internal. Raises HostRefused for a project that is not to be seen."""
        found = await self._client.get(project, Visible)
        return found.visibility in ("public", "internal") and found.repository_access_level == "enabled"

    async def _is_that_person(self, person: Person, identity: int) -> bool:
        """False for bots and for those that are blocked. Raises HostRefused when the login has become another's."""
        account = await self._client.get(f"/users/{identity}", Account)
        if person.login and account.username != person.login:
            raise HostRefused(f"{person.login} is the name of another account by now")
        return not account.bot and account.state == "active"

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), UTC).date()


def _id_of(person: Person) -> int:
    return number_of(person.id, "GitLab")


def _day(text: str) -> date:
    """What is no date has passed."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return date.min
