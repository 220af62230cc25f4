"""What is read of GitHub's JSON: webhook payloads and answers of its API, as pydantic models. Everything else is left alone.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from providers.base.payloads import Id, Model, Moment, Sha

NAME = "[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
FullName = Annotated[str, StringConstraints(pattern=rf"^{NAME}/{NAME}$", max_length=200)]
"""It becomes part of URLs, so it is held to the characters that GitHub allows, and no part is a name of dots."""


class User(Model):
    id: Id
    login: str
    type: str = "User"


class Repository(Model):
    id: Id
    full_name: FullName
    html_url: str
    default_branch: str = ""
    pushed_at: Moment = None


class Found(Model):
    """A repository as the API tells it. What is internal to an enterprise is private, too."""

    id: Id
    full_name: FullName
    private: bool


class Payload(Model):
    """What every webhook payload that concerns a repository has."""

    repository: Repository
    sender: User | None = None


class Ping(Model):
    """A hook of an organization has no repository."""

    repository: Repository | None = None


class Author(Model):
    date: str = ""


class Commit(Model):
    id: Sha
    message: str = ""
    timestamp: str = ""
    author: Author | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class Pusher(Model):
    name: str = ""


class Push(Payload):
    ref: str
    before: Sha
    after: Sha
    forced: bool = False
    head_commit: Commit | None = None
    commits: tuple[Commit, ...] = ()
    pusher: Pusher = Pusher()


class BranchRepository(Model):
    id: Id


class Branch(Model):
    """One end of a pull request. `repo` is null when the fork has been deleted."""

    ref: str
    sha: Sha
    repo: BranchRepository | None = None


class Label(Model):
    name: str


class PullRequest(Model):
    number: Id
    state: str
    title: str = ""
    user: User | None = None
    head: Branch
    base: Branch
    merged: bool = False
    draft: bool = False
    labels: list[Label] = Field(default_factory=list)
    author_association: str = ""
    updated_at: Moment = None


class Before(Model):
    """What stood there before an edit."""

    from_: str = Field(default="", alias="from")


class BaseBefore(Model):
    ref: Before = Before()


class Changes(Model):
    """Of an edit: `base` is only there when the target branch changed."""

    base: BaseBefore | None = None


class PullRequestEvent(Payload):
    action: str
    pull_request: PullRequest
    changes: Changes = Changes()


class RepositoryEvent(Payload):
    action: str


class Installed(Model):
    """A repository that an App is given or loses. It does not say where it is."""

    id: Id
    full_name: FullName


class InstallationPage(Model):
    """An App on somebody's account: `html_url` is its page."""

    html_url: str


class InstallationEvent(Model):
    """`installation`: created, deleted, suspend, unsuspend. `installation_repositories`: added, removed."""

    action: str
    installation: InstallationPage
    sender: User | None = None
    repositories: tuple[Installed, ...] = ()
    repositories_added: tuple[Installed, ...] = ()
    repositories_removed: tuple[Installed, ...] = ()


class MergeGroup(Model):
    """`head_ref` is a branch of the queue's own, `base_ref` the one that is merged into; both in full."""

    head_sha: Sha
    head_ref: str
    base_sha: Sha
    base_ref: str
    head_commit: Commit | None = None


class MergeGroupEvent(Payload):
    """`reason` is told of one that is destroyed: merged, invalidated or dequeued."""

    action: str
    merge_group: MergeGroup
    reason: str = ""


class Comment(Model):
    """`body` is null when empty, `user` when the account has been deleted. `commit_id` on a commit's comment only."""

    id: Id
    body: str | None = None
    user: User | None = None
    created_at: Moment = None


class IssuePullRequest(Model):
    """Only there on an issue that is a pull request."""


class Issue(Model):
    number: Id
    pull_request: IssuePullRequest | None = None


class IssueComment(Payload):
    action: str
    issue: Issue
    comment: Comment


class CommentOnCommit(Comment):
    commit_id: Sha


class CommitComment(Payload):
    action: str
    comment: CommentOnCommit


class CheckRun(Model):
    """`external_id` is what the bot has called it."""

    head_sha: Sha
    external_id: str | None = None


class RequestedAction(Model):
    identifier: str


class CheckRunEvent(Payload):
    """`requested_action` is there where one of the bot's own buttons was pressed."""

    action: str
    check_run: CheckRun
    requested_action: RequestedAction | None = None


class CheckSuite(Model):
    head_sha: Sha


class CheckSuiteEvent(Payload):
    action: str
    check_suite: CheckSuite


class Permission(Model):
    """What somebody may do, as https://docs.github.com/en/rest/collaborators/collaborators answers it."""

    permission: str
    user: User | None = None


class App(Model):
    """An App as https://docs.github.com/en/rest/apps/apps answers it to the App itself."""

    slug: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    permissions: dict[str, str] = Field(default_factory=dict)
    events: list[str] = Field(default_factory=list)


class AppHook(Model):
    """Where an App's deliveries go; null when it has no webhook."""

    url: str | None = None


class Delivered(Model):
    """One attempt at a delivery, as https://docs.github.com/en/rest/apps/webhooks lists it. `guid` is the event's, the same at every attempt."""

    id: Id
    guid: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    delivered_at: str
    status_code: int
    event: str


class Installation(Model):
    id: Id


class InstallationToken(Model):
    token: str
    expires_at: str


class Object(Model):
    sha: Sha


class Reference(Model):
    """Where a branch is, as https://docs.github.com/en/rest/git/refs answers it."""

    object: Object
