"""How an execution goes through its stages: arrive, wait, enter, run groups, leave (section 10). What ends an action is elsewhere."""

from dataclasses import MISSING, fields
from typing import Any

from bot.core.draft import Draft
from bot.core.effects import StartAction, WakeAt, job_id
from bot.core.modes import STRATEGIES, may_enter
from bot.core.variables import Unresolved, resolve
from bot.model.execution import (
    ActionRun,
    ActionStatus,
    ErrorCode,
    Execution,
    ExecutionStatus,
    StageRun,
    StageStatus,
)
from bot.model.pipeline import Action, RetryMode

_NO_RUN: dict[str, Any] = {
    field.name: field.default if field.default_factory is MISSING else field.default_factory()
    for field in fields(ActionRun)
    if field.name not in ("name", "status")
}
"""What an attempt begins with: nothing of the one before it (RET-1)."""


def arrive(draft: Draft, execution: Execution) -> None:
    """Become inbound at the stage, and enter it when nothing is in the way."""
    execution = draft.change(execution, waiting=True)
    STRATEGIES[draft.pipeline(execution).mode].arrive(draft, execution)
    admit(draft, execution.current.name)


def admit(draft: Draft, stage: str) -> None:
    """Let in whoever waits and may enter: the head of the line, or all of it in parallel mode."""
    while (slot := draft.slot(stage)).inbound:
        execution = draft.executions[slot.inbound[0]]
        if not may_enter(slot, STRATEGIES[draft.pipeline(execution).mode]):
            return
        draft.change_slot(stage, inbound=slot.inbound[1:])
        _enter(draft, execution)


def _exclusive(draft: Draft, execution: Execution) -> bool:
    return STRATEGIES[draft.pipeline(execution).mode].exclusive


def _enter(draft: Draft, execution: Execution) -> None:
    stage = execution.current.name
    exclusive = _exclusive(draft, execution)
    overtaken = draft.slot(stage).latest
    draft.change_slot(stage, occupant=execution.id if exclusive else "", latest=execution.id)
    if exclusive:  # PAR-6: in parallel mode nobody is overtaken
        _forget_overtaken(draft, overtaken)
    execution = draft.change(execution, waiting=False)
    execution = draft.change_stage(execution, attempts=execution.current.attempts + 1, started_at=draft.at)
    execution = draft.set_stage_status(execution, StageStatus.IN_PROGRESS)
    start_next_group(draft, execution)


def _forget_overtaken(draft: Draft, overtaken: str) -> None:
    """SUP-6: once another has entered its stage, an ended execution can't be retried, so nothing live is left of it."""
    execution = draft.get(overtaken)
    if execution is not None and execution.status.ended:
        draft.retire(overtaken)


def start_next_group(draft: Draft, execution: Execution) -> bool:
    """Start what does not run yet of the first group (STR-17) that is not done. False when all actions have succeeded."""
    stage, runs = draft.stage(execution), execution.current.actions
    pending = [(a, run) for a, run in zip(stage.actions, runs, strict=True) if run.status is not ActionStatus.SUCCEEDED]
    if not pending:
        return False
    order = min(action.run_order for action, _ in pending)
    for action, run in pending:
        if action.run_order == order and run.status is not ActionStatus.IN_PROGRESS:
            execution = start_action(draft, execution, action)
    _advance_if_over(draft, execution)
    return True


def _advance_if_over(draft: Draft, execution: Execution) -> None:
    """A group of which no action could begin has ended."""
    if not any(run.status is ActionStatus.IN_PROGRESS for run in execution.current.actions):
        advance(draft, execution)


def start_action(draft: Draft, execution: Execution, action: Action) -> Execution:
    """A new attempt of one action: ordered from an executor, or, for an approval, begun to wait for its answer (APR-2).

    One whose references can't be resolved has failed before it began (VAR-5).
    """
    stage = execution.current.name
    attempt = execution.current.action(action.name).attempt + 1
    fresh = {**_NO_RUN, "attempt": attempt}
    try:
        fresh["resolved"] = resolve(action, draft.pipeline(execution), execution)
    except Unresolved as error:
        execution = draft.set_action_status(execution, action.name, ActionStatus.IN_PROGRESS, **fresh)
        ended = {"started_at": draft.at, "ended_at": draft.at, "error": ErrorCode.CONFIGURATION, "summary": str(error)}
        return draft.set_action_status(execution, action.name, ActionStatus.FAILED, **ended)
    if action.approval is None:
        fresh["log"] = job_id(execution.id, stage, action.name, attempt)
        draft.order(StartAction(execution.id, stage, action.name, attempt))
    else:
        deadline = draft.at + action.approval.timeout
        fresh |= {"started_at": draft.at, "deadline": deadline}
        draft.order(WakeAt(execution.id, stage, action.name, attempt, deadline))
    return draft.set_action_status(execution, action.name, ActionStatus.IN_PROGRESS, **fresh)


def advance(draft: Draft, execution: Execution) -> None:
    """Go on after an action has ended: wait for its group, start the next one, or end the stage."""
    run = execution.current
    if any(action.status is ActionStatus.IN_PROGRESS for action in run.actions):
        return  # Members of a group that still run are left to finish; the stage stays taken (C5).
    failed = [action for action in run.actions if action.status is ActionStatus.FAILED]
    if execution.status is ExecutionStatus.STOPPING and not failed:
        _end(draft, execution, StageStatus.STOPPED, ExecutionStatus.STOPPED, _stop_summary(execution))
    elif failed:
        _fail(draft, execution, failed)
    elif not start_next_group(draft, execution):
        _succeed(draft, execution)


def _fail(draft: Draft, execution: Execution, failed: list[ActionRun]) -> None:
    mode = draft.stage(execution).auto_retry
    # RET-11: one automatic attempt a stage. RET-15: none for a stage being stopped. A person's refusal is not retried either.
    refused = any(action.error is ErrorCode.REJECTED for action in failed)
    if mode and not execution.current.auto_retries and not refused and execution.status is ExecutionStatus.IN_PROGRESS:
        restart(draft, draft.change_stage(execution, auto_retries=1), mode)
        return
    _end(draft, execution, StageStatus.FAILED, ExecutionStatus.FAILED, failure_summary(execution.current, failed))


def failure_summary(stage: StageRun, failed: list[ActionRun]) -> str:
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return (
        f"{stage.name}/{first.name} failed{more}: {first.summary}"
        if first.summary
        else f"{stage.name}/{first.name} failed{more}"
    )


def _stop_summary(execution: Execution) -> str:
    return execution.stop.reason if execution.stop else ""


def _end(draft: Draft, execution: Execution, stage: StageStatus, status: ExecutionStatus, summary: str) -> None:
    """End inside a stage without success. The execution stays in the live state: it can be retried until it is overtaken."""
    execution = draft.set_stage_status(execution, stage)
    execution = draft.set_status(execution, status, summary)
    leave(draft, execution)


def _succeed(draft: Draft, execution: Execution) -> None:
    execution = draft.set_stage_status(execution, StageStatus.SUCCEEDED)
    stage = execution.current.name
    draft.change_slot(stage, last_success=execution.id, last_success_definition=execution.definition)
    if execution.stage + 1 < len(execution.stages):
        execution = draft.change(execution, stage=execution.stage + 1, waiting=True)
        _release(draft, execution.id, stage)
        arrive(draft, execution)
        admit(draft, stage)
        return
    execution = draft.set_status(execution, ExecutionStatus.SUCCEEDED)
    _release(draft, execution.id, stage)
    draft.retire(execution.id)
    admit(draft, stage)


def leave(draft: Draft, execution: Execution) -> None:
    """SUP-5: whatever ended it, the stage is free at once for the next one that waits."""
    stage = execution.current.name
    _release(draft, execution.id, stage)
    if _exclusive(draft, execution) and draft.slot(stage).latest != execution.id:
        draft.retire(execution.id)
    admit(draft, stage)


def _release(draft: Draft, execution: str, stage: str) -> None:
    if draft.slot(stage).occupant == execution:
        draft.change_slot(stage, occupant="")


def restart(draft: Draft, execution: Execution, mode: RetryMode) -> None:
    """Run the current stage again: the actions that did not succeed, or all of them (RET-2, RET-3)."""
    run = execution.current
    if mode is RetryMode.ALL_ACTIONS:
        # As if not yet run, but for the count of attempts; history has what they came to (RET-1).
        actions = tuple(ActionRun(a.name, attempt=a.attempt) for a in run.actions)
        execution = draft.change_stage(execution, actions=actions)
    execution = draft.change_stage(execution, attempts=run.attempts + 1)
    start_next_group(draft, execution)
