"""What a lane is told of an action that runs: that it has begun, that it waits, how it has ended. Who tells it, and when, is `actions`' affair."""

from dataclasses import replace

from bot.core.events import ActionFinished, ActionStarted
from bot.model.failing import Failing
from bot.model.outage import Outage
from bot.ports import ActionContext, ActionOutcome


def once(what: str, failing: Failing | None, outage: Outage | None = None) -> str:
    """The name of what is told once, or once after each failure, or after an outage that was told."""
    if failing is not None:
        return f"{what}:{failing.since:.0f}:{failing.tries}"
    return f"{what}:{outage.since:.0f}" if outage is not None else what


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


def held_up(context: ActionContext, outage: Outage, what: str) -> ActionStarted:
    """As `started`, of an action that can't go on."""
    return replace(started(context, outage.since, what, "", ""), outage=outage)


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
