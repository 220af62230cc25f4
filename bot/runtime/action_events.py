"""What a lane is told of an action that runs: that it has begun, that it waits, how it has ended. Who tells it, and when, is `actions`' affair."""

from bot.core.events import ActionFinished, ActionStarted
from bot.model.failing import Failing
from bot.ports import ActionContext, ActionOutcome


def once(what: str, failing: Failing | None) -> str:
    """The name of what is told once, or once after each failure."""
    return f"{what}:{failing.since:.0f}:{failing.tries}" if failing is not None else what


def started(context: ActionContext, began: float, what: str, waits: str, external_url: str) -> ActionStarted:
    """`what` names it among all that is told of the job, so that it is taken once."""
    return ActionStarted(
        id=f"{context.job}:{what}",
        at=began,
        execution=context.execution.id,
        stage=context.stage.name,
        action=context.action.name,
        attempt=context.attempt,
        waits=waits,
        external_url=external_url,
    )


def finished(now: float, context: ActionContext, outcome: ActionOutcome) -> ActionFinished:
    return ActionFinished(
        id=f"{context.job}:finished",
        at=now,
        execution=context.execution.id,
        stage=context.stage.name,
        action=context.action.name,
        attempt=context.attempt,
        status=outcome.status,
        started_at=outcome.started_at,
        summary=outcome.summary,
        error=outcome.error,
        exit_status=outcome.exit_status,
        peak_memory=outcome.peak_memory,
        log=context.job,
        outputs=outcome.outputs,
        artifacts=outcome.artifacts,
        revision=outcome.revision,
        results=outcome.results,
        annotations=outcome.annotations,
        external_url=outcome.external_url,
    )
