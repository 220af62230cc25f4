"""One event of a host's that may start pipelines, boiled down to what all such events have in common. Nothing is asked or decided here."""

from dataclasses import dataclass

from bot.model.execution import TriggerKind
from bot.model.host_event import MergeGroupChanged, PullRequestChanged, Pushed, Thread
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.runtime.intake.outside import pull_request_revision

Change = Pushed | PullRequestChanged | MergeGroupChanged


@dataclass(frozen=True, slots=True)
class Case:
    event: Change
    repository: Repository
    ref: Ref
    revision: Revision
    words: str
    thread: Thread | None
    cause: str


def ref_of(event: Change) -> Ref:
    match event:
        case Pushed():
            return event.ref
        case MergeGroupChanged():
            return Ref(RefKind.BRANCH, event.branch)
        case _:
            return Ref(RefKind.PULL_REQUEST, str(event.pull_request.number))


def words_of(event: Change) -> str:
    match event:
        case Pushed():
            return f"a push to {event.ref.name}"
        case MergeGroupChanged():
            return f"the merge queue of {event.target_branch}"
        case _:
            return f"pull request {event.pull_request.number} {event.kind}"


def kind_of(event: Change) -> TriggerKind:
    match event:
        case Pushed():
            return TriggerKind.PUSH
        case MergeGroupChanged():
            return TriggerKind.MERGE_QUEUE
        case _:
            return TriggerKind.PULL_REQUEST


def revision_of(event: Change) -> Revision:
    """What it brought, where it brought anything: a deleted ref has no revision."""
    match event:
        case Pushed():
            return _pushed(event)
        case MergeGroupChanged():
            ref = ref_of(event)
            return Revision(
                event.head, ref, branch=event.branch, target_branch=event.target_branch, message=event.message
            )
        case _:
            return pull_request_revision(event.pull_request, event.by)


def is_last(event: Change) -> bool:
    """Whether the ref is gone, or its pull request closed, or its merge group."""
    match event:
        case Pushed():
            return event.after is None
        case MergeGroupChanged():
            return not event.wanted
        case _:
            return not event.pull_request.open


def found(event: Change) -> bool:
    """Whether nobody has told of it."""
    return not isinstance(event, MergeGroupChanged) and event.found


def _pushed(event: Pushed) -> Revision:
    assert event.after is not None  # noqa: S101  deletions have been dealt with
    return Revision(
        commit=event.after,
        ref=event.ref,
        branch=event.ref.name if event.ref.kind is RefKind.BRANCH else "",
        tag=event.ref.name if event.ref.kind is RefKind.TAG else "",
        author=event.by,
        message=event.message,
        authored_at=event.authored_at,
    )
