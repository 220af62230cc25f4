"""A merge waited for: looked at again and again, ever more rarely, until its time is up. No I/O."""

from dataclasses import replace

from bot.model.continuation import Continuation
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import DAY
from bot.ports import ActionContext, ActionOutcome

WAITS = 7 * DAY
"""Seconds that a merge is waited for where the action says nothing: as long as for an approval."""
LOOK_SOONEST, LOOK_LATEST = 15.0, 300.0


def first_look(now: float, token: str, wakes: str = "") -> Continuation:
    """`token` is what is waited for. `wakes` names what else may wake it."""
    return Continuation(now + LOOK_SOONEST, now, now, 1, token, wakes)


def looked(context: ActionContext, before: Continuation, told: str, now: float) -> ActionOutcome:
    """It is not merged yet. `told` names it."""
    if now - before.since >= (context.action.timeout or WAITS):
        late = f"{told} was not merged within its timeout"
        return ActionOutcome(ActionStatus.FAILED, 0.0, late, ErrorCode.TIMEOUT)
    wait = min(LOOK_LATEST, LOOK_SOONEST * 2.0 ** min(before.asked // 4, 10))
    again = replace(before, at=now + wait, heard=now, asked=before.asked + 1)
    return ActionOutcome(ActionStatus.IN_PROGRESS, 0.0, again=again)
