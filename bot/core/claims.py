"""What a lane's executions claim of environments: brought up to date after each decision, whatever led to it.

An execution has a claim while it is first at the door of a stage with an environment, and while it is inside. So it claims one
at a time, gives it back on every way out (success, failure, stop, cancellation, a newer one), and claims anew when it is retried.
"""

from collections.abc import Iterator, Mapping

from bot.core.draft import Doors, Draft
from bot.core.effects import ClaimEnvironment, LeaveEnvironment
from bot.core.modes import at_the_front
from bot.model.environment import Claimant, EnvironmentKey
from bot.model.execution import Execution
from bot.model.waiting import Claim


def clear_to_enter(draft: Draft, execution: Execution) -> bool:
    """Whether the stage needs no environment, or this execution has been granted it."""
    stage = draft.stage(execution)
    if not stage.environment:
        return True
    claim = execution.claim
    return claim is not None and claim.granted and (claim.environment, claim.stage) == (stage.environment, stage.name)


def settle(draft: Draft, doors: Doors) -> None:
    """Claim what is needed and not claimed; leave what is claimed and not needed. Whom this decision has not moved has what it needs."""
    inbound = [draft.executions[name] for slot in doors.values() for name in slot.inbound] if doors else []
    moved = [*draft.retired.values(), *draft.changed(), *inbound]
    if not [one for one in moved if one.claim or draft.stage(one).environment]:  # most decisions concern no environment
        return
    wanting = {execution.id: execution for execution in _wanting(draft, doors)}
    free = _drop(draft, wanting, {execution.id: execution for execution in moved})
    for execution in wanting.values():
        if draft.executions[execution.id].claim is None:
            _claim(draft, draft.executions[execution.id], free)
    for claim in free.values():
        _leave(draft, claim)


def _wanting(draft: Draft, doors: Doors) -> Iterator[Execution]:
    """In the order of the lines, since that is the order of the claims."""
    for stage in doors:
        for execution in at_the_front(draft, stage):
            if draft.stage(execution).environment:
                yield execution
    for execution in draft.changed():
        inside = not execution.waiting and not execution.status.ended
        if inside and draft.stage(execution).environment:
            yield execution


def _drop(draft: Draft, wanting: Mapping[str, Execution], moved: Mapping[str, Execution]) -> dict[str, Claim]:
    """Take back what is no longer wanted. Places in a line that were not reached yet come back by stage: another may have them."""
    free: dict[str, Claim] = {}
    for execution in moved.values():
        claim = execution.claim
        if claim is None:
            continue
        kept = wanting.get(execution.id)
        if kept is not None and (claim.environment, claim.stage) == (draft.stage(kept).environment, kept.current.name):
            continue
        if claim.granted or claim.stage in free:
            _leave(draft, claim)
        else:
            free[claim.stage] = claim
        if execution.id in draft.executions:
            draft.change(execution, claim=None)
    return free


def _claim(draft: Draft, execution: Execution, free: dict[str, Claim]) -> None:
    """Where one at the same door has just given up its place in the line, this one gets it: a busy lane must not starve."""
    stage = draft.stage(execution)
    place = free.get(stage.name)
    if place is not None and place.environment == stage.environment:
        claim = free.pop(stage.name)
    else:
        claims = execution.claims + 1
        claim = Claim(stage.environment, stage.name, f"{execution.id}/{claims}")
        execution = draft.change(execution, claims=claims)
    draft.change(execution, claim=claim)
    claimant = Claimant(claim.ticket, draft.lane, execution.id, execution.number)
    draft.order(ClaimEnvironment(_key(draft, claim), claimant))


def _leave(draft: Draft, claim: Claim) -> None:
    draft.order(LeaveEnvironment(_key(draft, claim), claim.ticket))


def _key(draft: Draft, claim: Claim) -> EnvironmentKey:
    return EnvironmentKey(draft.lane.repository, claim.environment)
