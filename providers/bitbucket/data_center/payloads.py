"""What is read of Bitbucket Data Center's JSON: webhook payloads and answers of its API, as pydantic models. Everything else is left alone.

https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
https://developer.atlassian.com/server/bitbucket/rest/v906/
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from providers.base.payloads import Id, Model, Moment, Sha

_NAME = "[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
KEY = rf"^~?{_NAME}$"
Key = Annotated[str, StringConstraints(pattern=KEY, max_length=128)]
"""A project's key; a person's own repositories are in a project whose key is a tilde and their slug."""

SLUG = rf"^{_NAME}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=128)]


class User(Model):
    """`type` SERVICE is no person: a token of a project or a repository, or the host's own."""

    id: Id
    name: str
    type: str = "NORMAL"


class Project(Model):
    key: Key


class Link(Model):
    href: str


class Links(Model):
    self: tuple[Link, ...] = ()


class Repository(Model):
    """Not every version tells the links."""

    id: Id
    slug: Slug
    project: Project
    public: bool = False
    links: Links = Links()


class Payload(Model):
    """`actor` is null when the account has been deleted; `date` is when it happened."""

    actor: User | None = None
    date: Moment = None


class RefName(Model):
    id: str
    type: str = ""


class Change(Model):
    """`type` is ADD, UPDATE or DELETE."""

    ref: RefName
    fromHash: Sha  # noqa: N815  as the payload has it
    toHash: Sha  # noqa: N815
    type: str


class RefsChanged(Payload):
    repository: Repository
    changes: tuple[Change, ...]


class RepositoryState(Repository):
    """Repositories can be archived since 8.0."""

    archived: bool = False


class RepositoryModified(Payload):
    old: RepositoryState
    new: RepositoryState


class End(Model):
    """One end of a pull request."""

    id: str
    latestCommit: Sha  # noqa: N815
    repository: Repository


class Participant(Model):
    user: User | None = None


class PullRequest(Model):
    id: Id
    title: str = ""
    state: str
    fromRef: End  # noqa: N815
    toRef: End  # noqa: N815
    author: Participant = Participant()
    draft: bool = False


class PullRequestEvent(Payload):
    pullRequest: PullRequest  # noqa: N815


class PreviousTarget(Model):
    id: str


class PullRequestModified(PullRequestEvent):
    """`previousDraft` is told by releases that have drafts (8.18)."""

    previousTarget: PreviousTarget | None = None  # noqa: N815
    previousDraft: bool | None = None  # noqa: N815


class Anchor(Model):
    """Only there on a comment on a line or a file."""


class Comment(Model):
    """`comments` are the replies to it."""

    id: Id
    version: Annotated[int, Field(ge=0)] = 0
    text: str = ""
    author: User | None = None
    anchor: Anchor | None = None
    comments: tuple["Comment", ...] = ()


class PullRequestComment(PullRequestEvent):
    comment: Comment


class CommitComment(Payload):
    repository: Repository
    commit: Sha
    comment: Comment


class Diagnostics(Model):
    test: bool = True


class Page(Model):
    """https://developer.atlassian.com/server/bitbucket/rest/v906/intro/#paged-apis."""

    isLastPage: bool = True  # noqa: N815
    nextPageStart: int | None = None  # noqa: N815


class Activity(Model):
    """Something that happened on a pull request; a comment where `action` is COMMENTED."""

    action: str
    comment: Comment | None = None


class Activities(Page):
    values: tuple[Activity, ...] = ()


class PullRequests(Page):
    values: tuple[PullRequest, ...] = ()


class Users(Page):
    values: tuple[User, ...] = ()


class Commit(Model):
    id: Sha


class CommitList(Page):
    values: tuple[Commit, ...] = ()


class Branch(Model):
    id: str


class Tag(Model):
    """`hash` is the tag object where the tag is annotated."""

    latestCommit: Sha  # noqa: N815
    hash: Sha | None = None


class Hook(Model):
    """A repository's webhook. Its `configuration` has the secret, masked or not: it is looked at only for being there."""

    id: Id
    url: str
    active: bool = False
    events: tuple[str, ...] = ()
    configuration: dict[str, object] = Field(default_factory=dict, repr=False)
    sslVerificationRequired: bool = True  # noqa: N815


class Hooks(Page):
    values: tuple[Hook, ...] = ()


class HookResult(Model):
    """What became of a delivery: the status that was answered, or why none was."""

    outcome: str | None = None
    description: str | None = None
    statusCode: int | None = None  # noqa: N815


class HookInvocation(Model):
    result: HookResult | None = None


class HookTest(Model):
    response: HookResult | None = None
