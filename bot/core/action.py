"""What the core makes of an action's beginning and end, as its executor reports them (section 9.3)."""

from bot.core.draft import Draft
from bot.core.events import ActionFinished, ActionStarted
from bot.core.flow import advance
from bot.core.refusal import Refusal
from bot.model.execution import ActionRun, ActionStatus, Execution


def started(draft: Draft, event: ActionStarted) -> Refusal | None:
    found = current_attempt(draft, event.execution, event.stage, event.action, event.attempt)
    if found is not None:
        execution, run = found
        if event.outage is not None:
            first = run.started_at is None
            draft.change_action(
                execution, run.name, started_at=event.at if first else run.started_at, outage=event.outage
            )
            return None
        waits = run.waits if run.waits is not None and event.at < run.waits.until else None
        began = event.at if run.waits is None else run.started_at  # it goes on, or could not be performed, after a wait
        told = {"summary": event.waits, "external_url": event.external_url or run.external_url, "outage": None}
        draft.change_action(execution, run.name, started_at=began, waits=waits, **told)
    return None


def finished(draft: Draft, event: ActionFinished) -> Refusal | None:
    """Take the result, unless the attempt no longer counts (abandoned, or tried anew since)."""
    found = current_attempt(draft, event.execution, event.stage, event.action, event.attempt)
    if found is None:
        return None
    execution, run = found
    execution = draft.set_action_status(
        execution,
        run.name,
        event.status,
        started_at=event.started_at,
        ended_at=event.at,
        waits=None,
        outage=None,
        summary=event.summary,
        error=event.error,
        exit_status=event.exit_status,
        peak_memory=event.peak_memory,
        log=event.log or run.log,
        outputs=event.outputs,
        artifacts=event.artifacts,
        revision=event.revision,
        results=event.results,
        annotations=event.annotations,
        external_url=event.external_url or run.external_url,
    )
    advance(draft, execution)
    return None


def current_attempt(
    draft: Draft, execution: str, stage: str, action: str, attempt: int
) -> tuple[Execution, ActionRun] | None:
    """The execution and the action's run, when that very attempt is the one in progress."""
    found = draft.get(execution)
    if found is None or found.status.ended or found.waiting or found.current.name != stage:
        return None
    for run in found.current.actions:
        if run.name == action and run.attempt == attempt and run.status is ActionStatus.IN_PROGRESS:
            return found, run
    return None
