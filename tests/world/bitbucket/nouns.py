"""What there is on a fake Bitbucket, Cloud or Data Center: accounts, tokens, repositories, pull requests, comments, builds. Data only."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.world.fake.git import BareRepository

RoleName = Literal["none", "read", "write", "admin"]
RANKS: dict[RoleName, int] = {"none": 0, "read": 1, "write": 2, "admin": 3}

EVERYTHING = frozenset(
    {"account", "pullrequest", "pullrequest:write", "repository", "repository:admin", "repository:write", "webhook"}
)
"""Scopes of Cloud's tokens: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#permissions. Data Center has none but a role."""

_NAMES = uuid.UUID("3f0d6a0e-6a2e-5a53-8a5f-0f4d6c1c9f10")


def braced(name: str) -> str:
    return f"{{{uuid.uuid5(_NAMES, name)}}}"


@dataclass(eq=False)
class Account:
    """`person` is false for an app (Cloud) or a service user (Data Center)."""

    id: int
    login: str
    person: bool = True

    @property
    def uuid(self) -> str:
        return braced(f"account {self.id}")

    @property
    def account_id(self) -> str:
        return f"712020:{self.uuid[1:-1]}"


@dataclass(eq=False)
class Token:
    """`of`: whose it is. An access token is of a repository, a project or a workspace, and good for what is in it alone (`reach`). "":
    nobody asks which kind it is.

    https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/
    """

    value: str
    account: Account
    scopes: frozenset[str] = EVERYTHING
    of: Literal["", "account", "repository", "project", "workspace"] = ""
    reach: frozenset[int] | None = None

    def reaches(self, repository: "Repository") -> bool:
        return self.reach is None or repository.id in self.reach


@dataclass
class Build:
    key: str
    state: str
    name: str
    description: str
    url: str
    ref: str
    by: Account


@dataclass
class Report:
    """Of Code Insights. `annotations` by their ids: place, severity, words."""

    key: str
    title: str
    result: str
    link: str
    annotations: dict[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(eq=False)
class Comment:
    """`on` is a pull request's number or a commit's id. `version` counts edits, as Data Center does. `path`: it is on a file."""

    id: int
    on: int | str
    author: Account
    text: str
    at: float
    parent: "Comment | None" = None
    path: str = ""
    version: int = 0
    deleted: bool = False
    reactions: list[tuple[Account, str]] = field(default_factory=list)


@dataclass(eq=False)
class PullRequest:
    number: int
    title: str
    author: Account | None
    head: "Repository"
    head_branch: str
    head_sha: str
    base_branch: str
    base_sha: str
    state: Literal["OPEN", "DECLINED", "MERGED"] = "OPEN"
    draft: bool = False
    description: str = ""
    version: int = 0


@dataclass(eq=False)
class Repository:
    """`owner` is a workspace's id, or a project's key. Roles are of accounts by id, and of groups by name."""

    id: int
    owner: str
    name: str
    private: bool
    git: BareRepository
    default_branch: str = "main"
    roles: dict[int, RoleName] = field(default_factory=dict)
    group_roles: dict[str, RoleName] = field(default_factory=dict)
    builds: dict[str, dict[str, Build]] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        return braced(f"repository {self.id}")

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(eq=False)
class Hosted:
    """Everything there is."""

    url: str = ""
    api_url: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    repositories: dict[int, Repository] = field(default_factory=dict)
    groups: dict[str, set[int]] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    def named(self, owner: str, name: str) -> Repository | None:
        """By names, whatever their case, or by UUIDs; empty braces are any owner."""
        for one in self.repositories.values():
            if owner.lower() in ("{}", one.owner.lower()) and name.lower() in (one.uuid, one.name.lower()):
                return one
        return None

    def role(self, repository: Repository, account: Account | None) -> RoleName:
        """The effective one: the account's own, its groups', and that anybody may read what is public."""
        given: list[RoleName] = ["none" if repository.private else "read"]
        if account is not None:
            given.append(repository.roles.get(account.id, "none"))
            given += [
                role for group, role in repository.group_roles.items() if account.id in self.groups.get(group, ())
            ]
        return max(given, key=RANKS.__getitem__)

    def may(self, repository: Repository, account: Account | None, role: RoleName) -> bool:
        return RANKS[self.role(repository, account)] >= RANKS[role]
