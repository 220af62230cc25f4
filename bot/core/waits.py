"""What every execution at a stage's door waits for, brought up to date after a decision: so it can be said anywhere, at any time."""

from collections.abc import Mapping

from bot.core.draft import Doors, Draft
from bot.core.modes import goes_first, strategy
from bot.model.execution import Execution
from bot.model.lane import StageSlot
from bot.model.waiting import Wait, WaitReason


def explain(draft: Draft, doors: Doors) -> None:
    """Whoever waits for something else than before is changed, and so told anew."""
    for slot in doors.values():
        for execution, ahead in _line(draft, slot).items():
            _explain(draft, slot, draft.executions[execution], ahead)


def _line(draft: Draft, slot: StageSlot) -> Mapping[str, int]:
    """Who waits, with how many before it: in parallel mode nobody waits for another (PAR-1)."""
    ahead: dict[str, int] = {}
    before = 0
    for name in slot.inbound:
        exclusive = strategy(draft, draft.executions[name]).exclusive
        ahead[name] = before if exclusive else 0
        before += exclusive
    return ahead


def _explain(draft: Draft, slot: StageSlot, execution: Execution, ahead: int) -> None:
    since = execution.wait.since if execution.wait else draft.at
    claim, occupant = execution.claim, draft.get(slot.occupant)
    number = occupant.number if occupant else 0
    if slot.hold and not goes_first(execution):
        wait = Wait(since, WaitReason.HELD, ahead, number, hold=slot.hold)
    elif claim is not None:
        wait = Wait(since, WaitReason.ENVIRONMENT, claim.ahead, environment=claim.environment, holder=claim.holder)
    else:
        wait = Wait(since, WaitReason.LINE, ahead, number)
    if wait != execution.wait:
        draft.change(execution, wait=wait)
