"""`decide`: the one door into the core. It finds who decides about an event; the deciding itself is one file a noun."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.core import (
    action,
    approval,
    claims,
    edit,
    ending,
    letting_go,
    notices,
    override,
    retry,
    rollback,
    rule,
    start,
    stop,
    transition,
    waits,
)
from bot.core.draft import Decision, Draft
from bot.core.effects import Acknowledge, Refuse
from bot.core.events import (
    ActionFinished,
    ActionStarted,
    ActionWaits,
    ApprovalAnswered,
    ApprovalExpired,
    ContinueRequested,
    DefinitionChanged,
    EnvironmentAnswered,
    Event,
    HoldRequested,
    OverrideRequested,
    OwnersFound,
    RefEnded,
    ReleaseRequested,
    RetryRequested,
    RollbackRequested,
    RuleFinished,
    RuleWaits,
    StartRequested,
    StopRequested,
)
from bot.core.refusal import Refusal
from bot.model.host_event import CommentRef
from bot.model.lane import LaneState

Decider = Callable[[Draft, Any], Refusal | None]

_DECIDERS: Mapping[type, Decider] = {
    StartRequested: start.requested,
    ActionStarted: action.started,
    ActionWaits: letting_go.waits,
    ActionFinished: action.finished,
    ApprovalAnswered: approval.answered,
    OwnersFound: approval.owners_found,
    ApprovalExpired: approval.expired,
    StopRequested: stop.requested,
    RetryRequested: retry.requested,
    RuleWaits: rule.waits,
    RuleFinished: rule.finished,
    ContinueRequested: letting_go.continued,
    OverrideRequested: override.requested,
    RollbackRequested: rollback.requested,
    HoldRequested: transition.hold,
    ReleaseRequested: transition.release,
    EnvironmentAnswered: transition.answered,
    DefinitionChanged: edit.changed,
    RefEnded: ending.ended,
}


def decide(state: LaneState, event: Event) -> Decision:
    """What the lane becomes, and what is to be done, when this event is told to it.

    A declined event changes nothing: its decision has the old state, the refusal, and at most the order to say so.
    """
    draft = Draft(state, event.at)
    refusal = _DECIDERS[type(event)](draft, event)
    comment: CommentRef | None = getattr(event, "comment", None)
    if refusal is not None:
        return Decision(state, (Refuse(comment, refusal),) if comment else (), refusal=refusal)
    doors = draft.doors()
    claims.settle(draft, doors)
    waits.explain(draft, doors)
    notices.notify(draft)
    if comment is not None:
        draft.order(Acknowledge(comment))
    return draft.decision()
