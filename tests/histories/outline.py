"""A decision in words: what was told, what changed, what was ordered. A change of behaviour is a change of these lines."""

from collections.abc import Iterator
from typing import Any

from bot.core.draft import Decision
from bot.core.effects import Report
from bot.core.events import Event
from bot.model.execution import ActionStatus, Execution, StageRun
from bot.model.lane import LaneState, StageSlot

TOLD = (
    "execution",
    "stage",
    "action",
    "condition",
    "rule",
    "attempt",
    "status",
    "verdict",
    "mode",
    "abandon",
    "asked",
    "cause",
)


def outline(before: LaneState, event: Event, decision: Decision) -> Iterator[str]:
    yield " ".join([event.kind, *_arguments(event)])
    if decision.refusal is not None:
        yield f"  refused: {decision.refusal.reason}"
    changed = [*decision.state.executions.values(), *decision.retired]
    for execution in changed:
        if before.executions.get(execution.id) != execution:
            yield f"  {_execution(execution)}"
    gone = {execution.id for execution in decision.retired} & set(before.executions)
    if gone:
        yield f"  no longer live: {' '.join(sorted(gone))}"
    for stage, slot in decision.state.slots.items():
        if before.slots.get(stage, StageSlot()) != slot:
            yield f"  {stage}: {_slot(slot)}"
    for effect in decision.effects:
        if not isinstance(effect, Report):
            yield f"  order {effect.key}"
    reports = sorted(effect.execution for effect in decision.effects if isinstance(effect, Report))
    if reports:
        yield f"  report {' '.join(reports)}"


def _arguments(event: Event) -> Iterator[str]:
    for name in TOLD:
        value: Any = getattr(event, name, None)
        if value not in (None, "", False):
            yield str(value) if value is not True else name
    by = getattr(event, "by", None)
    if by is not None:
        yield f"by {by.login}"


def _execution(execution: Execution) -> str:
    stage = execution.current
    place = f"{'waits for' if execution.waiting else 'in'} {stage.name}"
    words = [f"{execution.id} #{execution.number} {execution.status}"]
    if not execution.status.ended:
        words.append(place)
    words += [f"{stage.name} {stage.status}", *_runs(stage)]
    if execution.attempts > 1:
        words.append(f"attempt {execution.attempts}")
    if execution.summary:
        words.append(f"({execution.summary[:120]})")
    return ", ".join(words)


def _runs(stage: StageRun) -> Iterator[str]:
    for run in stage.actions:
        if run.status is not ActionStatus.NOT_STARTED:
            held = " held up" if run.outage is not None else ""
            yield f"{run.name}/{run.attempt} {run.status}{f' {run.waits.type}' if run.waits else ''}{held}"
    for condition in stage.conditions:
        yield f"{condition.kind} {condition.status}"


def _slot(slot: StageSlot) -> str:
    words = [f"occupied by {slot.occupant}" if slot.occupant else "free"]
    if slot.inbound:
        words.append(f"before it {' '.join(slot.inbound)}")
    if slot.hold:
        words.append(f"held by {slot.hold.by.login}")
    if slot.rolling_back:
        words.append(f"kept for the rollback of {slot.rolling_back}")
    if slot.last_success:
        words.append(f"last success {slot.last_success}")
    return ", ".join(words)
