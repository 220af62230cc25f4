"""Stopping: and wait, or abandon (section 13); and giving way to a newer revision (`outdated: stop`)."""

from bot.core import condition
from bot.core.draft import Draft
from bot.core.effects import AbandonAction
from bot.core.events import StopRequested
from bot.core.flow import advance, leave
from bot.core.line import step_out
from bot.core.modes import supersede
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import ActionStatus, Execution, ExecutionStatus, StageStatus, Stop
from bot.model.rollback import ExecutionType

REASON_LIMIT = 200


def requested(draft: Draft, event: StopRequested) -> Refusal | None:
    """Stop the named execution, or everything that runs in the lane, or what of it runs that commit."""
    live = [
        e
        for e in draft.executions.values()
        if not e.status.ended and event.execution in ("", e.id) and event.commit in ("", e.revision.commit)
    ]
    if not live:
        return Refusal(RefusalReason.NOTHING_RUNS)
    stoppable = [e for e in live if event.abandon or e.status is not ExecutionStatus.STOPPING]
    if not stoppable:  # DuplicatedStopRequestException
        return Refusal(RefusalReason.ALREADY_STOPPING, {"number": str(live[0].number)})
    for execution in sorted(stoppable, key=_line_first):
        current = draft.get(execution.id)
        if current is not None and not current.status.ended:
            _stop(draft, current, Stop(event.abandon, _reason(event), event.by))
    return None


def _line_first(execution: Execution) -> bool:
    """Those that wait go first, lest they enter what the others leave."""
    return not execution.waiting


def _reason(event: StopRequested) -> str:
    by = f"stopped by {event.by.login}" if event.by else "stopped"
    return f"{by}: {event.reason[:REASON_LIMIT]}" if event.reason else by


def _stop(draft: Draft, execution: Execution, stop: Stop) -> None:
    execution = draft.change(execution, stop=stop)
    if execution.waiting:  # INB-1: nothing runs, so it stops at once, and there is nothing to retry
        execution = step_out(draft, execution)
        if execution.resuming is not None:  # it is as it was before it was retried, and can be retried again
            draft.set_status(
                draft.change(execution, waiting=False, resuming=None), ExecutionStatus.STOPPED, stop.reason
            )
            return
        draft.set_status(execution, ExecutionStatus.STOPPED, stop.reason)
        draft.retire(execution.id)
        return
    if execution.status is not ExecutionStatus.STOPPING:
        execution = draft.set_status(execution, ExecutionStatus.STOPPING, stop.reason)
        execution = draft.set_stage_status(execution, StageStatus.STOPPING)
    judged = condition.running(execution.current)
    if stop.abandon:
        execution = abandon_actions(draft, execution)
    elif judged is not None and condition.only_waits(judged):  # nothing runs that could be waited for
        execution = condition.abandon(draft, execution)
    advance(draft, execution)


def abandon_actions(draft: Draft, execution: Execution) -> Execution:
    """Every running action and rule ends here and now (STP-6); its work is killed, and what it still reports no longer counts."""
    execution = condition.abandon(draft, execution)
    stage = execution.current.name
    for run in execution.current.actions:
        if run.status is not ActionStatus.IN_PROGRESS:
            continue
        if run.log:  # a waiting approval has no work to kill
            draft.order(AbandonAction(execution.id, stage, run.name, run.attempt))
        execution = draft.set_action_status(
            execution, run.name, ActionStatus.ABANDONED, ended_at=draft.at, waits=None, outage=None
        )
    return execution


def give_way(draft: Draft, newer: Execution) -> None:
    """`outdated: stop`: a newer revision of the lane ends older executions wherever they are. Our extension of SUP-3.

    A rollback is no revision on its way: it repairs what runs already, and is left to do so.
    """
    live = [e for e in draft.executions.values() if not e.status.ended and e.type is ExecutionType.STANDARD]
    older = [e for e in live if e.number < newer.number]
    for execution in sorted(older, key=_line_first):
        _give_way(draft, execution, newer)


def _give_way(draft: Draft, older: Execution, newer: Execution) -> None:
    if older.waiting:
        supersede(draft, step_out(draft, older), newer)
        return
    older = abandon_actions(draft, older)
    if older.status is ExecutionStatus.IN_PROGRESS:
        older = draft.set_stage_status(older, StageStatus.STOPPING)
    older = draft.set_stage_status(older, StageStatus.STOPPED)
    supersede(draft, older, newer)
    leave(draft, older)
