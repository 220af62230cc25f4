"""Overriding a condition by hand: an execution passes it although its rules do not hold, or not yet (section 16.2)."""

from bot.core import condition
from bot.core.draft import Draft
from bot.core.events import OverrideRequested
from bot.core.flow import advance, resume
from bot.core.modes import strategy
from bot.core.refusal import Refusal, RefusalReason
from bot.core.retry import kept_from
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, Override
from bot.model.execution import Execution, ExecutionStatus, Resume
from bot.model.pipeline import ConditionResult

REASON_LIMIT = 300  # as a hold's, TRN-2

_TURNED_AWAY = (ConditionStatus.FAILED, ConditionStatus.ERRORED)


def requested(draft: Draft, event: OverrideRequested) -> Refusal | None:
    found = _choose(draft, event)
    if found is None:
        return Refusal(RefusalReason.NOTHING_TO_OVERRIDE, {"stage": event.stage})
    execution, run = found
    refusal = _check(draft, execution, run)
    if refusal is not None:
        return refusal
    how = Override(event.by, event.at, event.reason[:REASON_LIMIT])
    execution = condition.override(draft, execution, run, override=how)
    if execution.status is ExecutionStatus.FAILED:
        resume(draft, execution, Resume.ADVANCE)
    else:
        advance(draft, execution)
    return None


def holding_back(execution: Execution) -> ConditionRun | None:
    """The condition that keeps the execution from going on: it is being judged, or it has ended the stage."""
    if execution.waiting:
        return None
    if execution.status is ExecutionStatus.FAILED:
        turned = [run for run in execution.current.conditions if run.status in _TURNED_AWAY]
        # A failure condition has let nothing pass: its stage had failed before.
        return next((run for run in turned if run.kind is not ConditionKind.ON_FAILURE), None)
    return None if execution.status.ended else condition.running(execution.current)


def _choose(draft: Draft, event: OverrideRequested) -> tuple[Execution, ConditionRun] | None:
    """The newest execution that a condition holds back in that stage, or would skip it there."""
    held = [
        (execution, run)
        for execution in draft.executions.values()
        if event.execution in ("", execution.id)
        and execution.current.name == event.stage
        and (run := holding_back(execution)) is not None
    ]
    return max(held, key=lambda pair: pair[0].number, default=None)


def _check(draft: Draft, execution: Execution, run: ConditionRun) -> Refusal | None:
    stage = execution.current.name
    asked = draft.stage(execution).condition(run.kind)
    if asked is not None and asked.result is ConditionResult.SKIP:
        return Refusal(RefusalReason.SKIP_STANDS, {"stage": stage})
    if execution.status is ExecutionStatus.STOPPING:
        return Refusal(RefusalReason.ALREADY_STOPPING, {"number": str(execution.number)})
    if draft.slot(stage).rolling_back == execution.id:
        return Refusal(RefusalReason.ROLLING_BACK, {"stage": stage})
    return kept_from(draft, execution) if strategy(draft, execution).exclusive else None
