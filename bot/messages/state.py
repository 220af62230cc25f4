"""What an execution or a stage is doing, boiled down to the states that hosts can show, and said in one sentence.

Icons, statuses, headlines and answers all begin here, so that they never disagree.
"""

from bot.core import merges
from bot.messages import rollbacks
from bot.messages.conditions import awaited, opening
from bot.messages.deployment_waits import merges_awaited, ready_deployments, what_waits
from bot.messages.words import cause, failures, listed, place, took, wait_words, waits
from bot.model.execution import ActionRun, ActionStatus, Execution, ExecutionStatus, StageRun, StageStatus
from bot.model.pipeline import Approve, Pipeline, Stage
from bot.model.status import StatusState

ICONS = {
    StatusState.QUEUED: "🕓",
    StatusState.RUNNING: "🔵",
    StatusState.WAITING: "⏳",
    StatusState.SUCCEEDED: "✅",
    StatusState.FAILED: "❌",
    StatusState.STOPPED: "⏹️",
    StatusState.INVALID: "❌",
}
SKIPPED = "⏭️"
NOT_REACHED = "⚪"
WITHHELD = "🔒"

_ENDS = {
    ExecutionStatus.SUCCEEDED: StatusState.SUCCEEDED,
    ExecutionStatus.FAILED: StatusState.FAILED,
    ExecutionStatus.STOPPED: StatusState.STOPPED,
    ExecutionStatus.SUPERSEDED: StatusState.STOPPED,
    ExecutionStatus.CANCELLED: StatusState.STOPPED,
}

_STAGES = {
    StageStatus.SUCCEEDED: StatusState.SUCCEEDED,
    StageStatus.SKIPPED: StatusState.SUCCEEDED,
    StageStatus.FAILED: StatusState.FAILED,
    StageStatus.STOPPED: StatusState.STOPPED,
    StageStatus.CANCELLED: StatusState.STOPPED,
    StageStatus.STOPPING: StatusState.RUNNING,
}


def execution_state(execution: Execution, pipeline: Pipeline) -> StatusState:
    """What did all that a change from outside may have done waits for somebody who may write: a branch that requires it is no
    more merged than before anything was allowed.
    """
    if execution.in_part:
        return StatusState.WAITING
    if execution.status in _ENDS:
        return _ENDS[execution.status]
    if execution.waiting:
        return StatusState.QUEUED
    return stage_state(execution.current, pipeline.stage(execution.current.name)) or StatusState.RUNNING


def stage_state(run: StageRun, stage: Stage) -> StatusState | None:
    """None for a stage that was not entered. One that a person must answer in waits, or can let go on, or has a
    pull request to merge for, whatever else runs in it.
    """
    if run.status in (StageStatus.NOT_STARTED, StageStatus.WITHHELD):
        return None
    if run.status is StageStatus.IN_PROGRESS:
        if opening(run) is not None:
            return StatusState.QUEUED
        waits = waiting_approvals(run, stage) or ready_deployments(run) or merges.awaited(run)
        return StatusState.WAITING if waits else StatusState.RUNNING
    return _STAGES[run.status]


def execution_icon(execution: Execution, pipeline: Pipeline) -> str:
    return WITHHELD if execution.in_part else ICONS[execution_state(execution, pipeline)]


def stage_icon(run: StageRun, stage: Stage) -> str:
    state = stage_state(run, stage)
    if run.status is StageStatus.SKIPPED:
        return SKIPPED
    if run.status is StageStatus.WITHHELD:
        return WITHHELD
    return NOT_REACHED if state is None else ICONS[state]


def waiting_approvals(run: StageRun, stage: Stage) -> list[tuple[ActionRun, Approve]]:
    found = []
    for action_run in run.actions:
        action = stage.action(action_run.name)
        if waits(action_run, action) and action.approval is not None:
            found.append((action_run, action.approval))
    return found


def describe_execution(execution: Execution, pipeline: Pipeline) -> str:
    """What the execution does or came to, to be read behind its name: `waiting for approval: production/go-live`."""
    back = rollbacks.what(execution)
    match execution.status:
        case ExecutionStatus.SUCCEEDED:
            words = f"{back or 'succeeded'} in {took(execution.started_at, execution.ended_at)}"
        case ExecutionStatus.FAILED:
            why = cause(execution.current, with_stage=True) or execution.summary
            words = ": ".join(filter(None, [back or "failed", why]))
        case ExecutionStatus.STOPPING:
            words = f"being {execution.summary or 'stopped'}"
        case ExecutionStatus.IN_PROGRESS if execution.edited_in:
            return f"being cancelled: the pipeline's definition has changed (version {execution.edited_in})"
        case ExecutionStatus.IN_PROGRESS:
            words = ": ".join(filter(None, [back, _describe_live(execution, pipeline)]))
        case _:
            words = execution.summary or execution.status.lower()
    return words


def sentence(execution: Execution, pipeline: Pipeline) -> str:
    """The pipeline's name and what it does, as a sentence without its full stop: `web is waiting to enter production`."""
    words = describe_execution(execution, pipeline)
    if not execution.status.ended:
        return f"{pipeline.name} is {words}"
    if execution.in_part:
        return f"{pipeline.name} has {words}"
    verbless = execution.status in (ExecutionStatus.STOPPED, ExecutionStatus.SUPERSEDED, ExecutionStatus.CANCELLED)
    return f"{pipeline.name} was {words}" if verbless else f"{pipeline.name} {words}"


def _outage(stage: StageRun) -> str:
    """`waiting for github.com, which does not answer: build/unit`; "" where any action goes on."""
    at_work = [run for run in stage.actions if run.status is ActionStatus.IN_PROGRESS]
    outage = at_work[0].outage if at_work else None
    if outage is None or not outage.what or any(run.outage is None for run in at_work):
        return ""
    names = listed(place(stage.name, run.name) for run in at_work)
    return f"waiting for {outage.what}, which {outage.does}: {names}"


def _describe_live(execution: Execution, pipeline: Pipeline) -> str:
    stage = execution.current
    if execution.waiting:
        why = wait_words(execution.wait) if execution.wait else ""
        return f"waiting to enter {stage.name}: {why}" if why else f"waiting to enter {stage.name}"
    if opening(stage) is not None:
        return f"waiting to enter {stage.name}: {awaited(stage)}"
    if awaited(stage):
        return f"at the condition of {stage.name}, {awaited(stage)}"
    approvals = waiting_approvals(stage, pipeline.stage(stage.name))
    if approvals:
        return f"waiting for approval: {listed(place(stage.name, run.name) for run, _ in approvals)}"
    if failures(stage):
        return f"running {stage.name}, in which {failures(stage)[0].name} has failed"
    return _outage(stage) or what_waits(stage) or merges_awaited(stage) or f"running {stage.name}"
