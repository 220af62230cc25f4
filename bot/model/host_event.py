"""What a host tells us, in our own words: the result of parsing a delivery. One class an event, none a host's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.model.check import CheckButton
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, Repository
from bot.model.triggers import PullRequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """`at`: when it happened by the host's clock, in seconds since 1970, where what is signed says so. It makes no difference between two
    tellings of the same.
    """

    at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pushed(Dated):
    """A branch or tag moved. `after` None: it was deleted; `before` None: it was created.

    `found`: nobody has told of it, it was found by looking; then `by` is None, for nobody knows. `message` is the head commit's, "" where Git is to be asked. `forced` only where the host says so. `changed_paths` None: the host did not say (or not all), so Git is asked.
    """

    repository: Repository
    ref: Ref
    before: str | None
    after: str | None
    by: Person | None
    default_branch: str
    forced: bool = False
    message: str = ""
    authored_at: str = ""
    changed_paths: tuple[str, ...] | None = None
    found: bool = False


@dataclass(frozen=True, slots=True)
class PullRequestChanged(Dated):
    """A pull request was opened (or reopened), got new commits or another target branch, or was closed (or merged).

    `surely_new` is false where the host tells of every edit alike: an update with no new commit is then to be left alone. `found`:
    as with a push; who opened one is known even so.
    """

    repository: Repository
    pull_request: PullRequest
    kind: PullRequestKind
    by: Person | None
    default_branch: str
    surely_new: bool = True
    found: bool = False


class PullRequestEdit(StrEnum):
    READY = "ready"
    DRAFTED = "drafted"
    LABELLED = "labelled"
    UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True)
class PullRequestEdited(Dated):
    """A draft was marked as ready, a pull request became a draft, or its labels changed: neither commits nor target did.

    `pull_request` is as it is now. Nothing starts by it, but a draft that was held and is ready: no trigger looks at labels.
    """

    repository: Repository
    pull_request: PullRequest
    edit: PullRequestEdit
    by: Person
    default_branch: str


@dataclass(frozen=True, slots=True)
class MergeGroupChanged(Dated):
    """The host's merge queue asks whether a commit is good, or has done with it (`wanted` false; `reason` says why).

    `head` is the target branch with the pull requests of the group merged into it, as the host made it on `branch`, which is
    the queue's own; `base` what it was made upon. What is asked of it is what is asked of pull requests.
    """

    repository: Repository
    branch: str
    head: str
    base: str
    target_branch: str
    by: Person
    default_branch: str
    wanted: bool = True
    reason: str = ""
    message: str = ""


class ThreadKind(StrEnum):
    PULL_REQUEST = "pull_request"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Thread:
    """Where comments stand: on a pull request (`name` is its number) or on a commit (`name` is its id)."""

    kind: ThreadKind
    name: str


@dataclass(frozen=True, slots=True)
class CommentRef:
    """A comment that can be reacted to and answered. `id` is the host's. `discussion` is the host's own thread on the page that it
    stands in, where people can resolve that.
    """

    repository: Repository
    thread: Thread
    id: str
    discussion: str = ""


@dataclass(frozen=True, slots=True)
class CommentCreated(Dated):
    """Somebody wrote a new comment. Edits and deletions are never this event."""

    comment: CommentRef
    by: Person
    body: str


@dataclass(frozen=True, slots=True)
class CheckRerequested(Dated):
    """Somebody pressed the host's own button to have a check run done again. `execution` is what it tells of, "" where all of the
    commit's are meant.
    """

    repository: Repository
    commit: str
    by: Person
    execution: str = ""


class RepositoryChange(StrEnum):
    """RENAMED: or moved to another owner. CONNECTED, DISCONNECTED: given to the bot, or taken from it, as an App is installed."""

    RENAMED = "renamed"
    DELETED = "deleted"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class RepositoriesChanged(Dated):
    """What befell repositories as a whole. They have the names that they have by now."""

    repositories: tuple[Repository, ...]
    change: RepositoryChange
    by: Person


@dataclass(frozen=True, slots=True)
class CheckAnswered(Dated):
    """Somebody pressed a button that the bot has put beside a check run, to answer the approval that `execution` waits for."""

    repository: Repository
    commit: str
    by: Person
    execution: str
    button: CheckButton


@dataclass(frozen=True, slots=True)
class Pinged:
    """The host checks that its webhook arrives."""

    repository: Repository | None = None


@dataclass(frozen=True, slots=True)
class WebhookCalled:
    """A pipeline's own webhook was called, in a way that starts it (section 7.5), with these variables."""

    repository: Repository
    pipeline: str
    webhook: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery that is not for us, with the reason in words for the record."""

    reason: str


HostEvent = (
    Pushed
    | PullRequestChanged
    | PullRequestEdited
    | MergeGroupChanged
    | CommentCreated
    | CheckAnswered
    | CheckRerequested
    | RepositoriesChanged
    | Pinged
    | WebhookCalled
    | Ignored
)


def repositories_of(event: HostEvent) -> tuple[Repository, ...]:
    """Which repositories an event tells of, under their newest names."""
    match event:
        case RepositoriesChanged():
            return event.repositories
        case CommentCreated():
            return (event.comment.repository,)
        case Pinged():
            return (event.repository,) if event.repository else ()
        case Ignored() | WebhookCalled():
            return ()
        case _:
            return (event.repository,)


def called(event: HostEvent, repository: Repository) -> HostEvent:
    """The event with that repository called as it is by now."""
    match event:
        case RepositoriesChanged():
            known = tuple(repository if one.id == repository.id else one for one in event.repositories)
            return replace(event, repositories=known)
        case CommentCreated():
            return replace(event, comment=replace(event.comment, repository=repository))
        case Ignored() | WebhookCalled():
            return event
        case _:
            return replace(event, repository=repository)
