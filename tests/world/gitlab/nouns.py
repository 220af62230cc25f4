"""What there is on the fake GitLab: accounts, tokens, groups, projects, merge requests, notes, statuses. Data, no behaviour of HTTP."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.world.fake.git import BareRepository

Visibility = Literal["private", "internal", "public"]

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50
"""https://docs.gitlab.com/api/project_members/#roles."""


@dataclass(eq=False)
class Account:
    """`bot`: the account of a project's or group's access token, a service account, or one of GitLab's own."""

    id: int
    username: str
    bot: bool = False
    state: Literal["active", "blocked"] = "active"


@dataclass(eq=False)
class Token:
    """https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes."""

    id: int
    value: str
    account: Account
    scopes: frozenset[str] = frozenset({"api"})
    expires_at: str | None = None


@dataclass
class Membership:
    account: Account
    level: int
    state: Literal["active", "awaiting"] = "active"
    expires_at: str | None = None


@dataclass
class Status:
    """A job of a pipeline that somebody else runs. `retried`: a newer one of its name stands in its place."""

    id: int
    pipeline: "Pipeline"
    name: str
    author: Account
    state: str = "created"
    description: str | None = None
    target_url: str | None = None
    retried: bool = False


@dataclass(eq=False)
class Pipeline:
    id: int
    sha: str
    ref: str


@dataclass
class Deployment:
    id: int
    environment: str
    sha: str
    ref: str
    tag: bool
    status: str


@dataclass
class Note:
    """`on` is a merge request's number or a commit's id. Every note is part of a discussion; one that is `threaded` can be resolved."""

    id: int
    discussion: str
    on: int | str
    author: Account
    body: str
    at: float
    edited_at: float
    system: bool = False
    internal: bool = False
    threaded: bool = False
    awards: list[tuple[Account, str]] = field(default_factory=list)


@dataclass
class MergeRequest:
    """`source` is another project for a fork's."""

    iid: int
    id: int
    title: str
    author: Account
    source: "Project"
    source_branch: str
    sha: str
    target_branch: str
    base: str
    draft: bool = False
    state: Literal["opened", "closed", "merged"] = "opened"
    merge_sha: str = ""
    description: str | None = None
    approved_by: list[Account] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Group:
    id: int
    path: str
    visibility: Visibility = "private"
    members: dict[int, Membership] = field(default_factory=dict)


@dataclass(eq=False)
class Project:
    """`protected` branches take pushes, and statuses, of Maintainers only, as the default branch of a new project does."""

    id: int
    path: str
    visibility: Visibility
    git: BareRepository
    default_branch: str = "main"
    protected: set[str] = field(default_factory=lambda: {"main"})
    repository_access_level: Literal["enabled", "private", "disabled"] = "enabled"
    members: dict[int, Membership] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    notes: dict[int, Note] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(eq=False)
class Hosted:
    """Everything there is. Names and paths are looked up whatever their case."""

    url: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(2001))

    def account(self, username: str) -> Account | None:
        return self.accounts.get(username.lower())

    def by_id(self, identity: int) -> Account | None:
        return next((one for one in self.accounts.values() if one.id == identity), None)

    def at(self, path: str) -> Project | None:
        wanted = path.lower()
        return next((one for one in self.projects.values() if one.path.lower() == wanted), None)

    def memberships(self, account: Account, path: str) -> list[Membership]:
        """Those of the groups at and above a path, and of the project there."""
        above = [one for one in self.groups.values() if f"{path}/".lower().startswith(f"{one.path}/".lower())]
        project = self.at(path)
        rooms = [one.members for one in above] + ([project.members] if project else [])
        return [members[account.id] for members in rooms if account.id in members]

    def level(self, account: Account | None, project: Project) -> int:
        """The highest that the project and its groups give.

        https://docs.gitlab.com/user/project/members/#membership-types
        """
        if account is None:
            return 0
        return max((one.level for one in self.memberships(account, project.path)), default=0)

    def may_see(self, account: Account | None, project: Project) -> bool:
        if project.visibility == "public" or (project.visibility == "internal" and account is not None):
            return True
        return self.level(account, project) >= GUEST

    def may_read_code(self, account: Account | None, project: Project) -> bool:
        """A Guest sees a private project, and not its code: https://docs.gitlab.com/user/permissions/#repository."""
        return self.may_see(account, project) and (
            project.visibility != "private" or self.level(account, project) >= REPORTER
        )

    def may_push(self, account: Account | None, project: Project, branch: str) -> bool:
        """https://docs.gitlab.com/user/project/repository/branches/protected/#default-branch-protection."""
        return self.level(account, project) >= (MAINTAINER if branch in project.protected else DEVELOPER)
