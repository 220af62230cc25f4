"""An execution's history as sentences: what happened when, by whom, with their words. Made of the recorded events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.events import (
    ActionFinished,
    ActionWaits,
    ApprovalAnswered,
    ApprovalExpired,
    ContinueRequested,
    Event,
    HoldRequested,
    OverrideRequested,
    ReleaseRequested,
    RetryRequested,
    RollbackRequested,
    RuleFinished,
    RuleWaits,
    StartRequested,
    StopRequested,
)
from bot.messages.deployment_waits import until_words, waits_words
from bot.model.approval import Verdict
from bot.model.execution import Execution
from bot.ports import HistoryEntry
from bot.web.conditions import RULE
from bot.web.states import ACTION, IN_PART


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: when, an icon, what happened, and what somebody wrote or an action said about it."""

    at: float
    icon: str
    text: str
    words: str = ""


def timeline(execution: Execution, history: Sequence[HistoryEntry]) -> tuple[Moment, ...]:
    """Newest last. The end is told from the execution itself, since no event says it."""
    return (*_moments(execution, (entry.event for entry in history)), *_end(execution))


def _moments(execution: Execution, events: Iterable[Event]) -> Iterator[Moment]:
    for event in events:
        moment = _moment(execution, event)
        if moment is not None:
            yield moment


def _moment(execution: Execution, event: Event) -> Moment | None:  # noqa: PLR0911  one line an event
    match event:
        case StartRequested(execution=started, trigger=trigger) if started == execution.id:
            by = f" by {trigger.by.login}" if trigger.by else ""
            return Moment(event.at, "point", f"Started{by}", trigger.detail)
        case ActionFinished(execution=owner) if owner == execution.id:
            return _finished(event)
        case ApprovalAnswered(verdict=verdict, by=by):
            return _answered(execution, event, approved=verdict is Verdict.APPROVED, by=by.login)
        case ApprovalExpired(execution=owner, stage=stage, action=action) if owner == execution.id:
            return Moment(event.at, "failed", f"{stage} / {action}: nobody answered in time")
        case StopRequested(by=by, reason=reason, abandon=abandon):
            how = "Stop requested, running actions abandoned" if abandon else "Stop requested"
            return Moment(event.at, "stopped", how + (f" by {by.login}" if by else ""), reason)
        case RetryRequested(by=by, mode=mode):
            return Moment(event.at, "point", f"Retry of {mode} actions by {by.login}")
        case HoldRequested(by=by, stage=stage, reason=reason):
            return Moment(event.at, "waiting", f"Transition to {stage} held by {by.login}", reason)
        case ReleaseRequested(by=by, stage=stage):
            return Moment(event.at, "point", f"Transition to {stage} released by {by.login}")
        case _:
            return _about_conditions(execution, event)


def _about_waits(execution: Execution, event: ActionWaits | ContinueRequested) -> Moment | None:
    """Of what somebody has said only what has ended a wait of this execution: the record of the action has it."""
    where = f"{event.stage} / {event.action}"
    if isinstance(event, ActionWaits):
        if event.waits is None or event.execution != execution.id:
            return None
        return Moment(event.at, "waiting", f"{where} {waits_words(event.waits)}", until_words(event.waits))
    runs = [run for stage in execution.stages for run in (*stage.actions, *stage.past)]
    if any((one.at, one.by) == (event.at, event.by) for run in runs for one in run.let_go):
        return Moment(event.at, "point", f"{where}: wait ended by {event.by.login}")
    return None


def _about_conditions(execution: Execution, event: Event) -> Moment | None:
    """What rules came to, and what people made of it."""
    match event:
        case RuleFinished(execution=owner) if owner == execution.id:
            look = RULE[event.status]
            return Moment(event.at, look.icon, f"{event.stage} / {event.rule}: {look.text.lower()}", event.summary)
        case RuleWaits(execution=owner) if owner == execution.id:
            return Moment(event.at, "waiting", f"{event.stage} / {event.rule} waits", event.summary)
        case ActionWaits() | ContinueRequested():
            return _about_waits(execution, event)
        case OverrideRequested(by=by, stage=stage, reason=reason):
            return Moment(event.at, "point", f"Condition of {stage} overridden by {by.login}", reason)
        case RollbackRequested(trigger=trigger, stage=stage):
            who = f" by {trigger.by.login}" if trigger.by else ""
            return Moment(event.at, "point", f"Rollback of {stage}{who}", trigger.detail)
        case _:
            return None


def _finished(event: ActionFinished) -> Moment:
    look = ACTION[event.status]
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return Moment(event.at, look.icon, f"{event.stage} / {event.action}{again}: {look.text.lower()}", event.summary)


def _answered(execution: Execution, event: ApprovalAnswered, *, approved: bool, by: str) -> Moment | None:
    """Only an answer that counted, for this execution: the record of the action has it."""
    for stage in execution.stages:
        for action in stage.actions:
            if any(answer.at == event.at and answer.by == event.by for answer in action.answers):
                verb = "approved" if approved else "rejected"
                icon = "ok" if approved else "failed"
                return Moment(event.at, icon, f"{stage.name} / {action.name}: {verb} by {by}", event.words)
    # An answer to an earlier attempt is no longer in the record; where it was named, it is told by its name.
    if event.stage and event.action:
        return Moment(
            event.at, "ok" if approved else "failed", f"{event.stage} / {event.action}: answered by {by}", event.words
        )
    return None


_ENDS = {"Succeeded": ("ok", "Succeeded"), "Failed": ("failed", "Failed"), "Superseded": ("skipped", "Superseded")}


def _end(execution: Execution) -> Iterator[Moment]:
    if execution.status.ended and execution.ended_at is not None:
        icon, text = _ENDS.get(execution.status, ("stopped", str(execution.status)))
        if execution.in_part:
            icon, text = IN_PART.icon, IN_PART.text
        yield Moment(execution.ended_at, icon, text, execution.summary)
