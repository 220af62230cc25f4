"""The bodies of the host's webhooks: written by `host/`, read by `events.py`. This is their documentation.

Every body is a JSON object. Ids are numbers; times ISO 8601; commits whole hexadecimal ids, forty zeros for "none". Unknown
keys are ignored, so that the host may say more later. The event's name is in the header, never in the body.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ObjectId = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
Name = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]
Id = Annotated[int, Field(gt=0, lt=1 << 63)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class RepositoryBody(_Body):
    id: Id
    full_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$")]
    default_branch: Name


class UserBody(_Body):
    id: Id
    login: Name
    bot: bool = False


class HeadCommitBody(_Body):
    """What a ref names in the end: for an annotated tag the commit, not the tag object."""

    id: ObjectId
    message: str
    authored_at: str


class PushBody(_Body):
    """Event `push`, one a ref. `changed_paths` null: unknown, or more than 300. `head_commit` null: deleted, or no commit."""

    repository: RepositoryBody
    ref: Name
    before: ObjectId
    after: ObjectId
    forced: bool
    pusher: UserBody
    head_commit: HeadCommitBody | None
    changed_paths: list[str] | None


class PullRequestPart(_Body):
    """`base` is the target branch's commit that the changes are counted from."""

    number: Id
    title: str
    head: ObjectId
    base: ObjectId
    source_branch: Name
    target_branch: Name
    author: UserBody
    open: bool
    merged: bool


class PullRequestBody(_Body):
    """Event `pull_request`."""

    kind: Literal["opened", "updated", "closed", "reopened"]
    repository: RepositoryBody
    pull_request: PullRequestPart
    sender: UserBody


class ThreadPart(_Body):
    """A pull request (`name` is its number) or a commit (its id)."""

    kind: Literal["pull_request", "commit"]
    name: Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


class CommentPart(_Body):
    id: Id
    author: UserBody
    body: str


class CommentBody(_Body):
    """Event `comment`. `sender` is who did it; the author may be somebody else."""

    kind: Literal["created", "edited", "deleted"]
    repository: RepositoryBody
    thread: ThreadPart
    comment: CommentPart
    sender: UserBody


class PingBody(_Body):
    """Event `ping`."""

    repository: RepositoryBody
