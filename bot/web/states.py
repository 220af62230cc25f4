"""How a status looks: which icon, which words beside it. The icon's name is its CSS class, too. Nothing here knows HTML."""

from dataclasses import dataclass

from bot.core.merges import awaited, merge_of
from bot.model.deployment_wait import WaitType
from bot.model.error import ErrorCode
from bot.model.execution import (
    ActionRun,
    ActionStatus,
    Execution,
    ExecutionStatus,
    StageRun,
    StageStatus,
)


@dataclass(frozen=True, slots=True)
class Look:
    icon: str
    text: str


WAITING = Look("waiting", "Waiting for approval")
READY = Look("waiting", "Waiting for its traffic")
MERGE = Look("waiting", "Waiting for its merge")
HELD_UP = Look("queued", "Waiting to be tried again")
QUEUED = Look("queued", "Queued")
RUNNING = Look("running", "Running")
NOT_STARTED = Look("idle", "Not started")
DID_NOT_RUN = Look("idle", "Did not run")
WITHHELD = Look("withheld", "Withheld")
IN_PART = Look("withheld", "Done in part")

_EXECUTION = {
    ExecutionStatus.IN_PROGRESS: RUNNING,
    ExecutionStatus.STOPPING: Look("running", "Stopping"),
    ExecutionStatus.STOPPED: Look("stopped", "Stopped"),
    ExecutionStatus.SUCCEEDED: Look("ok", "Succeeded"),
    ExecutionStatus.SUPERSEDED: Look("skipped", "Superseded"),
    ExecutionStatus.FAILED: Look("failed", "Failed"),
    ExecutionStatus.CANCELLED: Look("stopped", "Cancelled"),
}
_STAGE = {
    StageStatus.NOT_STARTED: NOT_STARTED,
    StageStatus.IN_PROGRESS: RUNNING,
    StageStatus.STOPPING: Look("running", "Stopping"),
    StageStatus.STOPPED: Look("stopped", "Stopped"),
    StageStatus.SUCCEEDED: Look("ok", "Succeeded"),
    StageStatus.SKIPPED: Look("skipped", "Skipped"),
    StageStatus.FAILED: Look("failed", "Failed"),
    StageStatus.CANCELLED: Look("stopped", "Cancelled"),
    StageStatus.WITHHELD: WITHHELD,
}
ACTION = {
    ActionStatus.NOT_STARTED: NOT_STARTED,
    ActionStatus.IN_PROGRESS: RUNNING,
    ActionStatus.SUCCEEDED: Look("ok", "Succeeded"),
    ActionStatus.FAILED: Look("failed", "Failed"),
    ActionStatus.ABANDONED: Look("stopped", "Abandoned"),
}
_FAILED = {
    ErrorCode.REJECTED: Look("failed", "Rejected"),
    ErrorCode.TIMEOUT: Look("failed", "Timed out"),
    ErrorCode.INTERRUPTED: Look("failed", "Interrupted"),
}


def waits_for_approval(run: ActionRun) -> bool:
    """Only an approval in progress has a deadline."""
    return run.status is ActionStatus.IN_PROGRESS and run.deadline is not None


def of_execution(execution: Execution) -> Look:
    if execution.status is ExecutionStatus.IN_PROGRESS:
        if execution.waiting:
            return Look("queued", f"Waiting to enter {execution.current.name}")
        return _busy(execution.current)
    if execution.in_part:
        return IN_PART
    return _EXECUTION[execution.status]


def of_stage(execution: Execution, stage: StageRun) -> Look:
    if stage.status is StageStatus.IN_PROGRESS:
        return _busy(stage)
    if stage.status is not StageStatus.NOT_STARTED:
        return _STAGE[stage.status]
    if execution.status.ended:
        return DID_NOT_RUN
    return QUEUED if execution.waiting and execution.current is stage else NOT_STARTED


def of_action(execution: Execution, run: ActionRun) -> Look:
    if waits_for_approval(run):
        return WAITING
    if run.status is ActionStatus.IN_PROGRESS:
        return _going_on(run)
    if run.status is ActionStatus.NOT_STARTED and execution.status.ended:
        return DID_NOT_RUN
    return of_past(run)


def _going_on(run: ActionRun) -> Look:
    if _ready(run):
        return READY
    if merge_of(run) is not None:
        return MERGE
    if run.outage is not None:
        return HELD_UP
    return RUNNING if run.started_at is not None else QUEUED


def of_past(run: ActionRun) -> Look:
    """An attempt that has ended, were it replaced by a retry or not."""
    if run.status is ActionStatus.SUCCEEDED and run.answers:
        return Look("ok", "Approved")
    return _FAILED[run.error] if run.status is ActionStatus.FAILED and run.error in _FAILED else ACTION[run.status]


def _busy(stage: StageRun) -> Look:
    """A stage in which a person must answer waits, can let a deployment go on, or has a pull request to merge for, whatever else runs in it: as statuses say it, too."""
    if any(map(waits_for_approval, stage.actions)):
        return WAITING
    if any(map(_ready, stage.actions)):
        return READY
    return MERGE if awaited(stage) else RUNNING


def _ready(run: ActionRun) -> bool:
    waits = run.status is ActionStatus.IN_PROGRESS and run.waits is not None
    return waits and run.waits is not None and run.waits.type is WaitType.READY
