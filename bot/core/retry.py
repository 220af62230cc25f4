"""Retrying a stage by hand (section 14.1). The automatic retry is part of how a stage fails: `flow`."""

from bot.core import condition
from bot.core.draft import Draft
from bot.core.events import RetryRequested
from bot.core.flow import restart, resume
from bot.core.modes import strategy
from bot.core.refusal import Refusal, RefusalReason
from bot.model.condition import ConditionKind
from bot.model.execution import ActionStatus, Execution, ExecutionStatus, Resume, RetryTrigger
from bot.model.pipeline import RetryMode

_RETRYABLE = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


def requested(draft: Draft, event: RetryRequested) -> Refusal | None:
    execution = _choose(draft, event)
    if execution is None:
        return Refusal(RefusalReason.NOTHING_TO_RETRY)
    refusal = _check(draft, execution, event.mode)
    if refusal is not None:
        return refusal
    execution = condition.abandon(draft, execution)  # whether its failure is to be rolled back is no question any more
    retries = execution.current.manual_retries + 1
    execution = draft.change_stage(execution, manual_retries=retries, latest_retry=RetryTrigger.MANUAL)
    if execution.status in _RETRYABLE:
        resume(draft, execution, Resume(event.mode.value))
    else:
        restart(draft, execution, event.mode)
    return None


def _choose(draft: Draft, event: RetryRequested) -> Execution | None:
    """The newest execution with something to retry, in the stage that was named if one was."""
    candidates = [
        e
        for e in draft.executions.values()
        if event.execution in ("", e.id) and event.stage in ("", e.current.name) and not e.waiting and _has_failure(e)
    ]
    return max(candidates, key=lambda e: e.number, default=None)


def _has_failure(execution: Execution) -> bool:
    """A failed or stopped stage, or a failed action beside siblings that still run (RET-2).

    While a condition is judged there is something to retry only when it is judged because of the failure.
    """
    if execution.status in _RETRYABLE:
        return True
    judged = condition.running(execution.current)
    if judged is not None and judged.kind is not ConditionKind.ON_FAILURE:
        return False
    failed = any(action.status is ActionStatus.FAILED for action in execution.current.actions)
    return execution.status is ExecutionStatus.IN_PROGRESS and failed


def _check(draft: Draft, execution: Execution, mode: RetryMode) -> Refusal | None:
    stage = execution.current.name
    slot = draft.slot(stage)
    if slot.rolling_back == execution.id:
        return Refusal(RefusalReason.ROLLING_BACK, {"stage": stage})
    refusal = kept_from(draft, execution) if strategy(draft, execution).exclusive else None
    if refusal is not None:
        return refusal
    running = any(action.status is ActionStatus.IN_PROGRESS for action in execution.current.actions)
    if mode is RetryMode.ALL_ACTIONS and running:  # RET-3
        return Refusal(RefusalReason.ACTIONS_RUNNING, {"stage": stage})
    return None


def kept_from(draft: Draft, execution: Execution) -> Refusal | None:
    """RET-5, SUP-6: whoever was overtaken in its stage, or whose stage has changed, cannot go on there."""
    stage = execution.current.name
    if execution.edited_in:  # RET-4
        details = {"number": str(execution.number), "stage": stage, "version": str(execution.edited_in)}
        return Refusal(RefusalReason.STRUCTURE_CHANGED, details)
    latest = draft.slot(stage).latest
    if latest == execution.id:
        return None
    details = {"number": str(execution.number), "stage": stage, "latest": _number(draft, latest)}
    return Refusal(RefusalReason.NOT_LATEST, details)


def _number(draft: Draft, execution: str) -> str:
    """What people call it: its number, where it is still known."""
    known = draft.get(execution)
    return str(known.number) if known else execution
