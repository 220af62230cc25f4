"""The bodies of the host's webhooks: written by `host/`, read by `events.py`. This is their documentation.

Every body is a JSON object. Ids are numbers; times ISO 8601 where Git tells them, and seconds since 1970 where this host does; commits whole hexadecimal ids, forty zeros for "none". Unknown
keys are ignored, so that the host may say more later. The event's name is in the header, never in the body.
"""

from typing import Annotated, Literal

from pydantic import Field

from providers.base.payloads import Id, Model, Moment, Sha

Name = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class RepositoryBody(Model):
    id: Id
    full_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$")]
    default_branch: Name


class UserBody(Model):
    id: Id
    login: Name
    bot: bool = False


class HeadCommitBody(Model):
    """What a ref names in the end: for an annotated tag the commit, not the tag object."""

    id: Sha
    message: str
    authored_at: str


class PushBody(Model):
    """Event `push`, one a ref. `changed_paths` null: unknown, or more than 300. `head_commit` null: deleted, or no commit."""

    repository: RepositoryBody
    ref: Name
    before: Sha
    after: Sha
    forced: bool
    pusher: UserBody
    head_commit: HeadCommitBody | None
    changed_paths: list[str] | None


class PullRequestPart(Model):
    """`base` is the target branch's commit that the changes are counted from."""

    number: Id
    title: str
    head: Sha
    base: Sha
    source_branch: Name
    target_branch: Name
    author: UserBody
    open: bool
    merged: bool


class PullRequestBody(Model):
    """Event `pull_request`."""

    kind: Literal["opened", "updated", "closed", "reopened"]
    repository: RepositoryBody
    pull_request: PullRequestPart
    sender: UserBody


class ThreadPart(Model):
    """A pull request (`name` is its number) or a commit (its id)."""

    kind: Literal["pull_request", "commit"]
    name: Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


class CommentPart(Model):
    id: Id
    author: UserBody
    body: str
    created_at: Moment = None


class CommentBody(Model):
    """Event `comment`. `sender` is who did it; the author may be somebody else."""

    kind: Literal["created", "edited", "deleted"]
    repository: RepositoryBody
    thread: ThreadPart
    comment: CommentPart
    sender: UserBody


class PingBody(Model):
    """Event `ping`."""

    repository: RepositoryBody
