"""What an order is told a lane as: the same event whether a comment gives it, or the operator over the API."""

from dataclasses import dataclass

from bot.commands.command import Approve, Continue, Order, Override, Reject, Retry, Stop
from bot.core.events import (
    ApprovalAnswered,
    ContinueRequested,
    Event,
    OverrideRequested,
    RetryRequested,
    StopRequested,
)
from bot.model.approval import Verdict
from bot.model.host_event import CommentRef
from bot.model.people import Person, Role


@dataclass(frozen=True, slots=True)
class Ordered:
    """Who has given an order, when and where; `id` is the event's. `comment` None: the operator.

    `principals` are the entries of `by:` lists that this person satisfies, `head` the pull request's newest commit, where one is
    asked for. A stop ends `execution`, or whatever runs in the lane ("") of the commit `commit` (any where it is "").
    """

    id: str
    at: float
    by: Person
    role: Role
    comment: CommentRef | None = None
    principals: tuple[str, ...] = ()
    head: str = ""
    commit: str = ""


def event_of(command: Order, execution: str, ordered: Ordered) -> Event:
    """For the commands that a lane is told as they are; starts, rollbacks and holds have more to find out first."""
    one = ordered
    match command:
        case Approve() | Reject():
            return ApprovalAnswered(
                id=one.id,
                at=one.at,
                by=one.by,
                role=one.role,
                verdict=Verdict.APPROVED if isinstance(command, Approve) else Verdict.REJECTED,
                stage=command.place.stage,
                action=command.place.action,
                words=command.words,
                principals=one.principals,
                head=one.head,
                execution=execution,
                comment=one.comment,
            )
        case Stop():
            # A comment's ends whatever runs in the lane, the operator's the execution that it names.
            which = "" if one.comment else execution
            return StopRequested(
                one.id, one.at, command.abandon, one.by, command.reason, which, one.comment, commit=one.commit
            )
        case Retry():
            return RetryRequested(one.id, one.at, one.by, command.mode, command.place.stage, execution, one.comment)
        case Continue():
            place = command.place
            return ContinueRequested(one.id, one.at, one.by, place.stage, place.action, execution, one.comment)
        case Override():
            stage = command.place.stage
            return OverrideRequested(one.id, one.at, one.by, stage, command.reason, execution, comment=one.comment)
        case _:
            raise AssertionError(f"{command} has no event of its own, so its route refuses it")
