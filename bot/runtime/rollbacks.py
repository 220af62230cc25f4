"""Finds what a stage can be rolled back to, and tells its lane. Whether it may be is the core's to decide (`bot.core.rollback`).

The live state holds nothing that has ended well; the store knows what has succeeded in each stage, however old it is.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bot.core.effects import StartRollback
from bot.core.events import Candidate, RollbackRequested
from bot.core.refusal import Refusal
from bot.core.rollback import check, default_target
from bot.model.execution import Execution, LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.rollback import ExecutionType
from bot.ports import Clock, ExecutionFilter, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.starter import execution_id

PAGE = 20
NAMED = 5
"""How many candidates a refusal names."""


async def in_force(store: Store, lane: LaneKey) -> Execution | None:
    """The lane's newest execution that is no rollback: the definition that it runs is in force."""
    before = ""
    while page := await store.executions(ExecutionFilter.of_lane(lane), PAGE, before):
        found = next((each for each in page if each.type is ExecutionType.STANDARD), None)
        if found is not None:
            return found
        before = page[-1].id
    return None


async def eligible(store: Store, lane: LaneKey, stage: str, definition: str) -> AsyncIterator[Sequence[Execution]]:
    """What the stage can be rolled back to, newest first, a page at a time."""
    before = ""
    while page := await store.succeeded(lane, stage, definition, PAGE, before):
        yield page
        before = page[-1].id


async def default(
    store: Store, lane: LaneKey, stage: str, definition: str, latest: Execution | None
) -> Execution | None:
    """Where a rollback by hand goes that names no target (`bot.core.rollback.default_target`)."""
    async for page in eligible(store, lane, stage, definition):
        found = default_target(latest, page, stage)
        if found is not None:
            return found
    return None


class Rollbacks:
    """Performs `StartRollback`, and asks for a rollback by hand."""

    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def start(self, effect: StartRollback, key: str) -> bool:
        """RBK-5: to the most recent eligible success but the failed one's own, if it has any."""
        return await self._automatic(effect, key, found=True)

    async def give_up(self, effect: StartRollback, key: str, _error: Exception) -> None:
        """Nothing could be found out: the failure stands, lest the stage is kept for ever."""
        await self._automatic(effect, key, found=False)

    async def ask(
        self, lane: LaneKey, stage: str, asked: str, identity: str, by: Person, comment: CommentRef | None
    ) -> Refusal | None:
        """By hand: to the execution that was named, or to what succeeded there before what is there now. Why it was refused, if it was."""
        newest = await in_force(self._store, lane)
        current = newest.definition if newest is not None else ""
        if asked:
            target = await self._store.execution_called(lane, asked)
        else:
            target = await default(self._store, lane, stage, current, await self._latest(lane, stage))
        candidates = await self._store.succeeded(lane, stage, current, NAMED)
        detail = f"/rollback {stage} {asked}".rstrip()
        event = RollbackRequested(
            id=identity,
            at=self._clock.now(),
            execution=execution_id(identity),
            number=0,
            stage=stage,
            trigger=Trigger(TriggerKind.MANUAL_ROLLBACK, by, detail),
            target=target,
            pipeline=await self._pipeline(target),
            current=current,
            asked=asked,
            candidates=tuple(Candidate(e.number, e.revision.commit) for e in candidates),
            comment=comment,
        )
        if check(event) is None:  # a number that is refused would be missing in the list of executions
            event = replace(event, number=await self._store.next_number(lane.repository, lane.pipeline))
        decision = await self._engine.tell(lane, event)
        return decision.refusal if decision else None

    async def _automatic(self, effect: StartRollback, key: str, *, found: bool) -> bool:
        known = await self._engine.execution(effect.execution)
        if known is None:
            return False
        failed = known[0]
        newest = await self._store.succeeded(failed.lane, effect.stage, failed.definition, 2) if found else ()
        target = next((each for each in newest if each.id != failed.id), None)
        detail = f"execution {failed.number} failed in {effect.stage}"
        event = RollbackRequested(
            id=key,
            at=self._clock.now(),
            execution=execution_id(key),
            number=await self._store.next_number(failed.lane.repository, failed.lane.pipeline),
            stage=effect.stage,
            trigger=Trigger(TriggerKind.AUTOMATED_ROLLBACK, None, detail),
            target=target,
            pipeline=await self._pipeline(target),
            current=failed.definition,
            cause=failed.id,
        )
        await self._engine.tell(failed.lane, event, (key,))
        return True

    async def _latest(self, lane: LaneKey, stage: str) -> Execution | None:
        slot = (await self._engine.lane(lane)).slots.get(stage)
        found = await self._engine.execution(slot.latest) if slot is not None and slot.latest else None
        return found[0] if found is not None else None

    async def _pipeline(self, target: Execution | None) -> Pipeline | None:
        known = await self._store.execution(target.id) if target is not None else None
        return known[1] if known is not None else None
