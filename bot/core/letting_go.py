"""Deployments that wait: told by whoever performs them, and ended by a command where people can let them go on (BGR-3, BGR-4)."""

from bot.core.action import current_attempt
from bot.core.draft import Draft
from bot.core.effects import StartAction
from bot.core.events import ActionWaits, ContinueRequested
from bot.core.merges import awaited_in
from bot.core.refusal import Refusal, RefusalReason
from bot.model.continuation import Continuation
from bot.model.deployment_wait import ENDED_BY_COMMAND, DeploymentWait, LetGo, Merge
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun


def waiting_deployments(stage: StageRun) -> list[tuple[ActionRun, DeploymentWait]]:
    """The actions of a stage that wait for what people can let go on."""
    return [
        (run, run.waits)
        for run in stage.actions
        if run.status is ActionStatus.IN_PROGRESS and run.waits is not None and run.waits.type in ENDED_BY_COMMAND
    ]


def waiting_in(execution: Execution) -> list[tuple[ActionRun, DeploymentWait]]:
    """Those of the stage that an execution is in."""
    return [] if execution.status.ended or execution.waiting else waiting_deployments(execution.current)


def waits(draft: Draft, event: ActionWaits) -> Refusal | None:
    """The order to go on takes the place of the one that was performed, and so no command can come between the two."""
    found = current_attempt(draft, event.execution, event.stage, event.action, event.attempt)
    if found is not None:
        execution, run = found
        began = run.started_at if run.started_at is not None else event.again.since
        told = {"summary": "", "external_url": event.external_url or run.external_url, "outage": None}
        draft.change_action(execution, run.name, waits=event.waits, started_at=began, **told)
        draft.order(StartAction(event.execution, event.stage, event.action, event.attempt, event.again))
    return None


def continued(draft: Draft, event: ContinueRequested) -> Refusal | None:
    """What goes on by itself by now is no more let go on: it would be the next wait that is ended."""
    meant = [
        (execution, run)
        for execution in draft.executions.values()
        for run, wait in waiting_in(execution)
        if _is_meant(event, execution, run) and draft.at < wait.until
    ]
    if not meant:
        return _merge_first(draft, event) or Refusal(RefusalReason.NOTHING_TO_CONTINUE)
    if len(meant) > 1:
        choices = ", ".join(f"{execution.current.name}/{run.name}" for execution, run in meant)
        return Refusal(RefusalReason.SEVERAL_TO_CONTINUE, {"choices": choices})
    [(execution, run)] = meant
    _let_go(draft, event, execution, run)
    return None


def _merge_first(draft: Draft, event: ContinueRequested) -> Refusal | None:
    """What is meant waits for a merge, which no command stands for."""
    for execution in draft.executions.values():
        for run, _, merge in awaited_in(execution):
            if _is_meant(event, execution, run):
                return awaits_merge(execution.current.name, run.name, merge)
    return None


def awaits_merge(stage: str, action: str, merge: Merge) -> Refusal:
    return Refusal(RefusalReason.MERGE_AWAITED, {"stage": stage, "action": action, "merge": str(merge)})


def _is_meant(event: ContinueRequested, execution: Execution, run: ActionRun) -> bool:
    return (
        event.execution in ("", execution.id)
        and event.stage in ("", execution.current.name)
        and event.action in ("", run.name)
    )


def _let_go(draft: Draft, event: ContinueRequested, execution: Execution, run: ActionRun) -> None:
    assert run.waits is not None  # noqa: S101  chosen by it
    let_go = LetGo(run.waits.type, event.by, event.at)
    draft.change_action(execution, run.name, waits=None, let_go=(*run.let_go, let_go))
    began = run.started_at if run.started_at is not None else event.at
    again = Continuation(at=event.at, since=began, heard=event.at)
    draft.order(StartAction(execution.id, execution.current.name, run.name, run.attempt, again))
