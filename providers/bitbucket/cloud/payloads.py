"""What is read of Bitbucket Cloud's JSON: webhook payloads and answers of its API, as pydantic models. Everything else is left alone.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/, https://developer.atlassian.com/cloud/bitbucket/rest/
"""

from typing import Annotated

from pydantic import RootModel, StringConstraints

from providers.base.payloads import Id, Model, Moment, Sha

Uuid = Annotated[str, StringConstraints(pattern=r"^\{[0-9a-f-]{1,64}\}$")]
"""Braces and all: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#uuid"""

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
"""A commit's id, whole or (in a pull request) its first 12 characters."""

_NAME = "[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
FULL_NAME = rf"^{_NAME}/{_NAME}$"
FullName = Annotated[str, StringConstraints(pattern=FULL_NAME, max_length=200)]
"""It becomes part of URLs, so it is held to the characters of workspace ids and repository slugs, and no part is a name of dots."""


class Page(Model):
    """`next` leads to the next page: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination."""

    next: str | None = None


class Account(Model):
    """`type` is user, team or app_user. A nickname is anybody's to choose, and is not unique.

    https://developer.atlassian.com/cloud/bitbucket/bitbucket-api-changes-gdpr/
    """

    uuid: Uuid
    type: str = "user"
    nickname: str = ""
    display_name: str = ""
    account_id: str | None = None


class Link(Model):
    href: str


class Links(Model):
    html: Link


class Repository(Model):
    uuid: Uuid
    full_name: FullName
    links: Links


class Payload(Model):
    """What every payload has. `actor` is null when the account has been deleted."""

    repository: Repository
    actor: Account | None = None


class Commit(Model):
    hash: Hash
    message: str = ""
    date: str = ""


class WholeCommit(Commit):
    """In a push ids are told whole."""

    hash: Sha


class State(Model):
    """A branch or a tag as it was or is; `target` is a commit, also where an annotated tag names it."""

    type: str
    name: str
    target: WholeCommit


class Change(Model):
    """`new` is null when the ref was deleted, `old` when it was created."""

    old: State | None = None
    new: State | None = None
    forced: bool = False


class Changes(Model):
    changes: tuple[Change, ...]


class Push(Payload):
    push: Changes


class Branch(Model):
    name: str


class End(Model):
    """One end of a pull request. `repository` is null when the fork has been deleted, `commit` when nothing is there any more."""

    branch: Branch
    commit: Commit | None = None
    repository: Repository | None = None


class PullRequest(Model):
    """`author` is null when the account has been deleted."""

    id: Id
    title: str = ""
    state: str
    author: Account | None = None
    source: End
    destination: End
    draft: bool = False
    updated_on: Moment = None


class PullRequests(Page):
    values: tuple[PullRequest, ...] = ()


class PullRequestEvent(Payload):
    pullrequest: PullRequest


class Content(Model):
    raw: str = ""


class Parent(Model):
    id: Id


class Place(Model):
    """Only there on a comment on a line or a file."""

    path: str | None = None


class Comment(Model):
    id: Id
    content: Content = Content()
    user: Account | None = None
    parent: Parent | None = None
    inline: Place | None = None
    deleted: bool = False
    pending: bool = False
    created_on: Moment = None


class PullRequestNumber(Model):
    id: Id


class PullRequestComment(Payload):
    pullrequest: PullRequestNumber
    comment: Comment


class CommitName(Model):
    hash: Hash


class CommitComment(Payload):
    commit: CommitName
    comment: Comment


class Comments(Page):
    values: tuple[Comment, ...] = ()


class Permission(Model):
    permission: str
    user: Account | None = None


class Permissions(Page):
    values: tuple[Permission, ...] = ()


class MainBranch(Model):
    name: str


class RepositoryDetails(Model):
    """`mainbranch` is null while there is no commit."""

    uuid: Uuid
    full_name: FullName
    is_private: bool = True
    mainbranch: MainBranch | None = None


class Head(Model):
    target: Commit


class Member(Model):
    uuid: str = ""


class Members(RootModel[tuple[Member, ...]]):
    """Of a group, as API 1.0 tells it: https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/."""


class Hook(Model):
    """A repository's webhook. `secret_set` tells whether there is a secret, which is never told itself."""

    uuid: Uuid
    url: str
    active: bool = False
    events: tuple[str, ...] = ()
    secret_set: bool | None = None
    skip_cert_verification: bool = False


class Hooks(Page):
    values: tuple[Hook, ...] = ()
