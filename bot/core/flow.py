"""How an execution goes through its stages: arrive, wait, enter, run groups, leave (section 10). What ends an action is elsewhere.

Inside a stage `advance` is called whenever something has ended, and looks anew at what there is: the entry condition, the
actions, the condition for success or for failure. How a condition is judged is `bot.core.condition`'s, what of a stage's
actions begins when is `bot.core.group`'s.
"""

from bot.core import claims, condition, group, summaries
from bot.core.draft import Draft
from bot.core.effects import StartFollowers, StartRollback
from bot.core.modes import at_the_front, strategy
from bot.core.outside import withheld
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus
from bot.model.error import ErrorCode
from bot.model.execution import (
    ActionRun,
    ActionStatus,
    Execution,
    ExecutionStatus,
    Resume,
    RetryTrigger,
    StageStatus,
)
from bot.model.pipeline import ConditionResult, Mode, RetryMode
from bot.model.rollback import ExecutionType


def arrive(draft: Draft, execution: Execution) -> None:
    """Become inbound at the stage that it waits for, and enter it when nothing is in the way. What is withheld is passed over."""
    while why := withheld(execution, draft.pipeline(execution)):
        execution = draft.set_stage_status(execution, StageStatus.WITHHELD, withheld=why)
        if execution.stage + 1 == len(execution.stages):
            _be_through(draft, execution)
            return
        execution = draft.change(execution, stage=execution.stage + 1)
    strategy(draft, execution).arrive(draft, execution)
    admit(draft, execution.current.name)


def admit(draft: Draft, stage: str) -> None:
    """Let in whoever waits and may enter: the head of the line, or all of it in parallel mode; of those that need an
    environment, whoever has been granted it.
    """
    while line := draft.slot(stage).inbound:
        execution = next((e for e in at_the_front(draft, stage) if claims.clear_to_enter(draft, e)), None)
        if execution is None:
            return
        _enter(draft, execution, tuple([name for name in line if name != execution.id]))


def go_first(draft: Draft, execution: Execution) -> None:
    """Enter before all who wait, held or not (`modes.goes_first`): at once, unless an environment has to be waited for."""
    stage = execution.current.name
    execution = draft.change(execution, waiting=True)
    draft.change_slot(stage, inbound=(execution.id, *draft.slot(stage).inbound))
    admit(draft, stage)


def _exclusive(draft: Draft, execution: Execution) -> bool:
    return strategy(draft, execution).exclusive


def _enter(draft: Draft, execution: Execution, inbound: tuple[str, ...]) -> None:
    """Take the stage, and begin in it or go on in it. `inbound` is who stays at its door."""
    stage = execution.current.name
    if _exclusive(draft, execution):
        overtaken = draft.slot(stage).latest
        draft.change_slot(stage, inbound=inbound, occupant=execution.id, latest=execution.id)
        _forget_overtaken(draft, stage, overtaken)
    else:  # PAR-6: in parallel mode nobody is overtaken
        draft.change_slot(stage, inbound=inbound)
    resuming = execution.resuming
    execution = draft.change(execution, waiting=False, wait=None, resuming=None)
    if resuming is not None:
        _go_on(draft, draft.set_stage_status(execution, StageStatus.IN_PROGRESS), resuming)
        return
    execution = draft.set_stage_status(
        execution, StageStatus.IN_PROGRESS, attempts=execution.current.attempts + 1, started_at=draft.at
    )
    if not condition.begin(draft, execution, ConditionKind.BEFORE_ENTRY):
        _run_or_end(draft, execution)


def _go_on(draft: Draft, execution: Execution, how: Resume) -> None:
    if how is Resume.ADVANCE:
        advance(draft, execution)
    else:
        restart(draft, execution, RetryMode(how.value))


def resume(draft: Draft, execution: Execution, how: Resume) -> None:
    """RET-1: the same execution goes on, one attempt further, and takes its stage again."""
    execution = draft.change(execution, attempts=execution.attempts + 1, stop=None, summary="", resuming=how)
    go_first(draft, draft.set_status(execution, ExecutionStatus.IN_PROGRESS))


def _forget_overtaken(draft: Draft, stage: str, overtaken: str) -> None:
    """SUP-6: once another has entered its stage, an ended execution can't be retried, so nothing live is left of it. One that
    has failed further on can be, until it is overtaken there.
    """
    execution = draft.get(overtaken)
    if execution is not None and execution.status.ended and execution.current.name == stage:
        draft.retire(overtaken)


def _run_or_end(draft: Draft, execution: Execution) -> None:
    """Start the next group of actions, or end the stage when all of them have succeeded."""
    begun = group.start_next(draft, execution)
    if begun is None:
        _all_succeeded(draft, execution)
    elif not group.running(begun.current):  # a group of which no action could begin has ended
        advance(draft, begun)


def advance(draft: Draft, execution: Execution) -> None:
    """Go on after something in the stage has ended: wait for what runs beside it, go a step further, or end the stage."""
    run = execution.current
    running, failed = group.running(run), group.failed(run)
    if running or condition.running(run):
        # Members of a group that still run are left to finish; the stage stays taken (C5).
        going_on = execution.status is ExecutionStatus.IN_PROGRESS and not failed and not execution.edited_in
        if going_on and running and group.free_places(draft, execution):
            group.start_next(draft, execution)  # the rest of the group, of which only some may run at once (PAR-1)
        return
    if execution.edited_in and execution.status is ExecutionStatus.IN_PROGRESS:
        _end_cancelled(draft, execution)
    elif execution.status is ExecutionStatus.STOPPING:
        _end_stopping(draft, execution, failed)
    elif run.before_entry is not None and not run.before_entry.passed:
        _turn_away(draft, execution, run.before_entry)
    elif failed:
        _fail(draft, execution, failed)
    else:
        _run_or_end(draft, execution)


def _end_cancelled(draft: Draft, execution: Execution) -> None:
    """VER-4: whatever its actions came to. There is nothing to retry."""
    execution = draft.set_stage_status(execution, StageStatus.CANCELLED)
    execution = draft.set_status(execution, ExecutionStatus.CANCELLED, summaries.cancelled(execution))
    stage = execution.current.name
    _release(draft, execution.id, stage)
    draft.retire(execution.id)
    admit(draft, stage)


def _end_stopping(draft: Draft, execution: Execution, failed: list[ActionRun]) -> None:
    """C13: what fails while it is being stopped has failed. Nothing is retried or rolled back then (RET-15)."""
    refused = [run for run in execution.current.conditions if _fails(draft, execution, run)]
    if failed:
        _end_failed(draft, execution, summaries.failed(execution.current, failed))
    elif refused:
        _end_failed(draft, execution, summaries.refused(refused[0], execution.current.name))
    else:
        _end(draft, execution, StageStatus.STOPPED, ExecutionStatus.STOPPED, summaries.stopped(execution))


def _fails(draft: Draft, execution: Execution, run: ConditionRun) -> bool:
    """C8: a condition that could not be judged counts as one that does not hold. One that skips a stage fails nothing."""
    asked = draft.stage(execution).condition(run.kind)
    skips = asked is not None and asked.result is ConditionResult.SKIP
    return run.status in (ConditionStatus.FAILED, ConditionStatus.ERRORED) and not skips


def _turn_away(draft: Draft, execution: Execution, entry: ConditionRun) -> None:
    """The entry condition does not hold: the stage is skipped (CND-4) or has failed, before any action of it has begun."""
    asked = draft.stage(execution).before_entry
    if asked is not None and asked.result is ConditionResult.SKIP:
        _pass_on(draft, execution, StageStatus.SKIPPED)
    else:
        _end_failed(draft, execution, summaries.refused(entry, execution.current.name))


def _all_succeeded(draft: Draft, execution: Execution) -> None:
    """The success condition is judged while the stage is still held (section 10, step 7)."""
    success = execution.current.on_success
    if success is None and condition.begin(draft, execution, ConditionKind.ON_SUCCESS):
        return
    if success is None or success.passed:
        _succeed(draft, execution)
        return
    asked = draft.stage(execution).on_success
    back = asked is not None and asked.result is ConditionResult.ROLLBACK
    _end_failed(draft, execution, summaries.refused(success, execution.current.name), roll_back=back)


def _fail(draft: Draft, execution: Execution, failed: list[ActionRun]) -> None:
    """Actions have failed: retry once (RET-10), judge whether to roll back (section 16.1), or just fail."""
    stage, run = draft.stage(execution), execution.current
    # RET-11: one automatic attempt a stage. A person's refusal is not retried either.
    refused = any(action.error is ErrorCode.REJECTED for action in failed)
    if stage.auto_retry and not run.auto_retries and not refused:
        execution = draft.change_stage(execution, auto_retries=1, latest_retry=RetryTrigger.AUTOMATED)
        restart(draft, execution, stage.auto_retry)
        return
    if run.on_failure is None and condition.begin(draft, execution, ConditionKind.ON_FAILURE):
        return
    asked = stage.on_failure
    back = asked is not None and asked.result is ConditionResult.ROLLBACK
    if run.on_failure is not None:  # it engages only when its rules are met (C8)
        back = back and run.on_failure.status is ConditionStatus.SUCCEEDED
    _end_failed(draft, execution, summaries.failed(run, failed), roll_back=back)


def _end_failed(draft: Draft, execution: Execution, summary: str, *, roll_back: bool = False) -> None:
    """The execution stays Failed whatever follows (RBK-6, C23)."""
    if roll_back and _can_roll_back(draft, execution):
        stage = execution.current
        draft.change_slot(stage.name, rolling_back=execution.id)  # before anybody is let in (RBK-7)
        draft.order(StartRollback(execution.id, stage.name, stage.attempts))
    _end(draft, execution, StageStatus.FAILED, ExecutionStatus.FAILED, summary)


def _can_roll_back(draft: Draft, execution: Execution) -> bool:
    """RBK-5, RBK-8: something has succeeded here before, and this is no rollback itself. PAR-3: never in parallel mode."""
    standard = execution.type is ExecutionType.STANDARD and draft.pipeline(execution).mode is not Mode.PARALLEL
    return standard and bool(draft.slot(execution.current.name).last_success)


def _end(draft: Draft, execution: Execution, stage: StageStatus, status: ExecutionStatus, summary: str) -> None:
    """End inside a stage without success. The execution stays in the live state: it can be retried until it is overtaken."""
    execution = draft.set_stage_status(execution, stage)
    execution = draft.set_status(execution, status, summary)
    leave(draft, execution)


def _succeed(draft: Draft, execution: Execution) -> None:
    if execution.type is ExecutionType.STANDARD:  # RBK-3: nobody rolls back to a rollback
        stage = execution.current.name
        draft.change_slot(stage, last_success=execution.id, last_success_definition=execution.definition)
    _pass_on(draft, execution, StageStatus.SUCCEEDED)


def _pass_on(draft: Draft, execution: Execution, status: StageStatus) -> None:
    """Leave the stage for the next one, or be done: after the last one, and after a rollback's only one (RBK-2)."""
    execution = draft.set_stage_status(execution, status)
    stage = execution.current.name
    if execution.type is ExecutionType.STANDARD and execution.stage + 1 < len(execution.stages):
        execution = draft.change(execution, stage=execution.stage + 1, waiting=True)
        _release(draft, execution.id, stage)
        arrive(draft, execution)
        admit(draft, stage)
        return
    _release(draft, execution.id, stage)
    _be_through(draft, execution)
    admit(draft, stage)


def _be_through(draft: Draft, execution: Execution) -> None:
    """The end, with nothing left to retry. What was kept from some stages is no success: nobody may take it for one (WBH-5)."""
    if execution.withheld:
        draft.set_status(execution, ExecutionStatus.STOPPED, summaries.in_part(execution))
    else:
        draft.set_status(execution, ExecutionStatus.SUCCEEDED)
        if execution.followers:
            draft.order(StartFollowers(execution.id))
    draft.retire(execution.id)


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
    """Run the current stage again: the actions that did not succeed, or all of them (RET-2, RET-3).

    Its conditions are judged anew (RET-7), but for the entry condition while siblings still run: they have never left.
    """
    run = execution.current
    execution = draft.change_stage(execution, attempts=run.attempts + 1, retry_mode=mode)
    execution = condition.set_aside(draft, execution, ConditionKind.ON_SUCCESS, ConditionKind.ON_FAILURE)
    again = not any(action.status is ActionStatus.IN_PROGRESS for action in run.actions)
    judged = again and condition.asked(draft, execution, ConditionKind.BEFORE_ENTRY) is not None
    if mode is RetryMode.ALL_ACTIONS or judged:
        keep = (ActionStatus.IN_PROGRESS, *(() if mode is RetryMode.ALL_ACTIONS else (ActionStatus.SUCCEEDED,)))
        # As if not yet run, but for the count of attempts (RET-1).
        for action in run.actions:
            if action.status not in (*keep, ActionStatus.NOT_STARTED):
                execution = draft.keep_attempt(execution, action)
        actions = tuple(a if a.status in keep else ActionRun(a.name, attempt=a.attempt) for a in run.actions)
        execution = draft.change_stage(execution, actions=actions)
    if judged:
        condition.begin(draft, execution, ConditionKind.BEFORE_ENTRY)
    else:
        _run_or_end(draft, execution)
