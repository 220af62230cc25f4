"""Deployments that wait for what people can let go on (BGR-3, BGR-4) or have to merge: their lanes are told, so that everybody sees it and a command finds them."""

from bot.core.effects import StartAction
from bot.core.events import ActionWaits
from bot.ports import ActionContext, ActionOutcome
from bot.runtime.engine import Engine


async def told_to_wait(
    engine: Engine, now: float, effect: StartAction, context: ActionContext, outcome: ActionOutcome
) -> bool:
    """What people end, and when that is over, the lane is told; the order to go on, which is `effect`, comes with its decision.
    False: it knows, and nothing is ordered.
    """
    assert effect.again is not None  # noqa: S101  what goes on later says when
    found = await engine.execution(context.execution.id)
    waits = outcome.waits
    known = found[0].stage_run(context.stage.name).action(context.action.name).waits if found else None
    if known == waits:
        return False
    what = f"waits:{waits.type}" if waits is not None else f"over:{known.type if known else ''}"
    event = ActionWaits(
        id=f"{context.job}:{what}",
        at=now,
        execution=context.execution.id,
        stage=context.stage.name,
        action=context.action.name,
        attempt=context.attempt,
        again=effect.again,
        waits=waits,
        external_url=outcome.external_url,
    )
    decision = await engine.tell(context.execution.lane, event)
    return decision is not None and any(isinstance(ordered, StartAction) for ordered in decision.effects)


def started_as(context: ActionContext, at: float) -> str:
    """What it is called that the action goes on at a time: once a wait, when its time is up; "" while it still waits."""
    waits = context.run.waits
    if waits is None:
        return "started"
    return f"over:{waits.type}" if waits.until <= at else ""
