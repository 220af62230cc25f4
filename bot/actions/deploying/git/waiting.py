"""A merge waited for: looked at again and again, ever more rarely, until its time is up. No I/O."""

from dataclasses import replace

from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait, Merge, WaitType
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import DAY
from bot.ports import ActionContext, ActionOutcome

WAITS = 7 * DAY
"""Seconds that a merge is waited for where the action says nothing: as long as for an approval."""
LOOK_SOONEST, LOOK_LATEST = 15.0, 300.0


def proposed(
    context: ActionContext, merge: Merge, token: str, now: float, wakes: str = "", url: str = ""
) -> ActionOutcome:
    """From now on it is waited for. `token` is what it is found again by, `wakes` names what else may wake it, `url` is where people merge it."""
    return _waits(context, merge, Continuation(now + LOOK_SOONEST, now, now, 1, token, wakes), url)


def looked(
    context: ActionContext, before: Continuation, merge: Merge, now: float, wakes: str = "", url: str = ""
) -> ActionOutcome:
    """It is not merged yet."""
    if now >= _until(context, before):
        late = f"{merge} was not merged within its timeout"
        return ActionOutcome(ActionStatus.FAILED, 0.0, late, ErrorCode.TIMEOUT)
    wait = min(LOOK_LATEST, LOOK_SOONEST * 2.0 ** min(before.asked // 4, 10))
    again = replace(before, at=now + wait, heard=now, asked=before.asked + 1, wakes=wakes)
    return _waits(context, merge, again, url)


def _waits(context: ActionContext, merge: Merge, again: Continuation, url: str) -> ActionOutcome:
    wait = DeploymentWait(WaitType.MERGE, _until(context, again), stops=True, merge=merge)
    return ActionOutcome(ActionStatus.IN_PROGRESS, 0.0, external_url=url, again=again, waits=wait)


def _until(context: ActionContext, one: Continuation) -> float:
    return one.since + (context.action.timeout or WAITS)
