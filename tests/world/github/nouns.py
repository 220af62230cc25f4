"""What there is on the fake GitHub: accounts, tokens, repositories, pull requests, comments, statuses. Data, no behaviour of HTTP."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from tests.world.fake.git import BareRepository

RoleName = Literal["none", "read", "triage", "write", "maintain", "admin"]

# "The permission attribute provides the legacy base roles of admin, write, read, and none, where the maintain role is
# mapped to write and the triage role is mapped to read."
# https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
BASE_ROLES: dict[RoleName, str] = {
    "none": "none",
    "read": "read",
    "triage": "read",
    "write": "write",
    "maintain": "write",
    "admin": "admin",
}

PERMISSIONS = frozenset(
    {
        "contents=read",
        "contents=write",
        "deployments=read",
        "deployments=write",
        "issues=write",
        "members=read",
        "metadata=read",
        "pull_requests=read",
        "pull_requests=write",
        "repository_hooks=write",
        "statuses=write",
    }
)
"""What a token may be allowed, as `X-Accepted-GitHub-Permissions` writes it."""


@dataclass(eq=False)
class Account:
    id: int
    login: str
    type: Literal["User", "Bot", "Organization"] = "User"


@dataclass(eq=False)
class Token:
    """`repositories`: those that an installation's token is narrowed to; None is all that the account sees. `scopes` has a classic one alone."""

    value: str
    account: Account
    permissions: frozenset[str] = PERMISSIONS
    repositories: frozenset[int] | None = None
    ends: float = float("inf")
    installation: "Installation | None" = None
    scopes: tuple[str, ...] | None = None

    def headers(self) -> dict[str, str]:
        """What every answer tells of the token: https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api."""
        told = {"X-OAuth-Scopes": ", ".join(self.scopes)} if self.scopes is not None else {}
        if self.ends == float("inf") or self.installation is not None:
            return told
        ends = datetime.fromtimestamp(self.ends, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return told | {"GitHub-Authentication-Token-Expiration": ends}


@dataclass(eq=False)
class Installation:
    """An App on somebody's account. `owner` is that; `repositories`: those chosen for it."""

    id: int
    owner: Account
    permissions: dict[str, str]
    repositories: set[int] = field(default_factory=set)
    suspended: bool = False


@dataclass(eq=False)
class App:
    """`key` is its public key, in PEM form; `account` the one by which it writes, `slug[bot]`."""

    id: int
    slug: str
    key: str
    account: Account
    permissions: dict[str, str]
    events: list[str]
    hook_url: str = ""
    installations: list[Installation] = field(default_factory=list)


@dataclass
class Status:
    id: int
    state: str
    description: str | None
    target_url: str | None
    context: str
    creator: Account
    at: float


@dataclass
class CheckRun:
    """`by` is the App's account; `annotations` as they were sent."""

    id: int
    name: str
    sha: str
    by: Account
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    title: str = ""
    summary: str = ""
    text: str = ""
    actions: list[dict[str, str]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class DeploymentStatus:
    id: int
    state: str
    description: str = ""
    log_url: str = ""


@dataclass
class Deployment:
    id: int
    sha: str
    task: str
    environment: str
    payload: Any
    creator: Account
    production: bool = False
    transient: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.statuses[-1].state if self.statuses else "pending"


@dataclass
class Comment:
    """`on` is a pull request's number or a commit's id."""

    id: int
    on: int | str
    author: Account
    body: str
    at: float
    edited_at: float
    reactions: list[tuple[Account, str]] = field(default_factory=list)


@dataclass
class PullRequest:
    number: int
    title: str
    author: Account
    head: "Repository"
    head_branch: str
    head_sha: str
    base_branch: str
    base_sha: str
    draft: bool = False
    state: Literal["open", "closed"] = "open"
    merged: bool = False
    merge_sha: str = ""
    body: str | None = None
    labels: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Repository:
    id: int
    owner: Account
    name: str
    private: bool
    git: BareRepository
    default_branch: str = "main"
    fork: bool = False
    roles: dict[int, RoleName] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    commit_comments: dict[int, Comment] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def role(self, account: Account | None) -> RoleName:
        """Anybody may read what is public."""
        given = self.roles.get(account.id, "none") if account else "none"
        return "read" if given == "none" and not self.private else given

    def may_read(self, account: Account | None) -> bool:
        return self.role(account) != "none"

    def may_write(self, account: Account | None) -> bool:
        return BASE_ROLES[self.role(account)] in ("write", "admin")


@dataclass(eq=False)
class Hosted:
    """Everything there is. Logins and names are looked up whatever their case, as on GitHub."""

    url: str = ""
    api_url: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    repositories: dict[int, Repository] = field(default_factory=dict)
    app: App | None = None
    now: Callable[[], float] = time.time
    teams: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    def account(self, login: str) -> Account | None:
        return self.accounts.get(login.lower())

    def named(self, full_name: str) -> Repository | None:
        wanted = full_name.lower()
        return next((one for one in self.repositories.values() if one.full_name.lower() == wanted), None)
