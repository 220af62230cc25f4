"""The groups of a stage's actions: what may begin now, and what its beginning orders (STR-17, PAR-1). What follows is `bot.core.flow`'s."""

from bot.core.artifacts import inputs_of
from bot.core.draft import Draft
from bot.core.effects import FindOwners, RemindAt, StartAction, WakeAt, job_id
from bot.core.modes import strategy
from bot.core.owners import asks_owners
from bot.core.reminders import reminders
from bot.core.variables import Unresolved, resolve
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun
from bot.model.pipeline import Action, Approve


def start_next(draft: Draft, execution: Execution) -> Execution | None:
    """Start what does not run yet of the first group that is not done. None when all actions have succeeded."""
    succeeded, in_progress = ActionStatus.SUCCEEDED, ActionStatus.IN_PROGRESS
    statuses = [run.status for run in execution.current.actions]
    if statuses.count(succeeded) == len(statuses):
        return None
    actions = zip(draft.stage(execution).actions, statuses, strict=True)
    pending = [(action, status) for action, status in actions if status is not succeeded]
    order = min([action.run_order for action, _ in pending])
    startable = [action for action, status in pending if action.run_order == order and status is not in_progress]
    for action in startable[: free_places(draft, execution)]:
        execution = _start(draft, execution, action)
    return execution


def free_places(draft: Draft, execution: Execution) -> int | None:
    """How many more of its actions may run beside those that do; None: any number."""
    most = strategy(draft, execution).actions
    return None if most is None else max(0, most - running(execution.current))


def running(stage: StageRun) -> int:
    return [run.status for run in stage.actions].count(ActionStatus.IN_PROGRESS)


def failed(stage: StageRun) -> list[ActionRun]:
    return [run for run in stage.actions if run.status is ActionStatus.FAILED]


def _start(draft: Draft, execution: Execution, action: Action) -> Execution:
    """A new attempt of one action: ordered from an executor, or, for an approval, begun to wait for its answer (APR-2).

    One whose references can't be resolved has failed before it began (VAR-5).
    """
    try:
        resolved = resolve(action, draft.pipeline(execution), execution)
        inputs = inputs_of(action, execution)
    except Unresolved as error:
        execution = draft.begin_action(execution, action.name)
        ended = {"started_at": draft.at, "ended_at": draft.at, "error": ErrorCode.CONFIGURATION, "summary": str(error)}
        return draft.set_action_status(execution, action.name, ActionStatus.FAILED, **ended)
    stage = execution.current
    attempt = stage.action(action.name).attempt + 1
    if action.approval is not None:
        deadline = _ask(draft, execution, action.name, attempt, action.approval)
        return draft.begin_action(execution, action.name, resolved=resolved, started_at=draft.at, deadline=deadline)
    draft.order(StartAction(execution.id, stage.name, action.name, attempt))
    log = job_id(execution.id, stage.name, action.name, attempt)
    return draft.begin_action(execution, action.name, resolved=resolved, inputs=inputs, log=log)


def _ask(draft: Draft, execution: Execution, action: str, attempt: int, approval: Approve) -> float:
    """The time until which an answer is waited for (APR-7)."""
    stage, deadline = execution.current.name, draft.at + approval.timeout
    if asks_owners(approval):
        draft.order(FindOwners(execution.id, stage, action, attempt))
    draft.order(WakeAt(execution.id, stage, action, attempt, deadline))
    for number, at in enumerate(reminders(draft.at, deadline), 1):
        draft.order(RemindAt(execution.id, stage, action, attempt, number, at))
    return deadline
