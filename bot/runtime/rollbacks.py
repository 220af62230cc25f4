"""Finds what a stage can be rolled back to, and tells its lane. Whether it may be is the core's to decide (`bot.core.rollback`).

The live state holds nothing that has ended well, so the lane's newest executions are looked through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.effects import StartRollback
from bot.core.events import Candidate, RollbackRequested
from bot.core.refusal import Refusal
from bot.core.rollback import check, default_target, succeeded
from bot.model.execution import Execution, LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.rollback import ExecutionType
from bot.ports import Clock, ExecutionFilter, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.starter import execution_id

PAGE = 100
LOOKED_THROUGH = 1000
"""Executions of the lane, newest first, among which a target is looked for."""

NAMED = 5
"""How many candidates a refusal names."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the lane has for a stage: `eligible` targets, newest first, and the pipeline's definition as it is now."""

    executions: Sequence[Execution]
    eligible: Sequence[Execution]
    current: str


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
        found = await self._find(lane, stage)
        target = _named(found.executions, asked) if asked else await self._default(lane, stage, found.eligible)
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
            current=found.current,
            asked=asked,
            candidates=tuple(Candidate(e.number, e.revision.commit) for e in found.eligible[:NAMED]),
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
        eligible = (await self._find(failed.lane, effect.stage, failed.definition)).eligible if found else ()
        target = next((each for each in eligible if each.id != failed.id), None)
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

    async def _find(self, lane: LaneKey, stage: str, current: str = "") -> _Found:
        """`current` is the definition in force; "": the newest execution's."""
        executions: list[Execution] = []
        while len(executions) < LOOKED_THROUGH:
            before = executions[-1].id if executions else ""
            page = await self._store.executions(ExecutionFilter.of_lane(lane), PAGE, before)
            executions += page
            if len(page) < PAGE:
                break
        standard = [each for each in executions if each.type is ExecutionType.STANDARD]
        current = current or (standard[0].definition if standard else "")
        eligible = [e for e in standard if e.definition == current and succeeded(e, stage)]
        return _Found(executions, eligible, current)

    async def _default(self, lane: LaneKey, stage: str, eligible: Sequence[Execution]) -> Execution | None:
        slot = (await self._engine.lane(lane)).slots.get(stage)
        latest = await self._engine.execution(slot.latest) if slot is not None and slot.latest else None
        return default_target(latest[0] if latest else None, eligible, stage)

    async def _pipeline(self, target: Execution | None) -> Pipeline | None:
        known = await self._store.execution(target.id) if target is not None else None
        return known[1] if known is not None else None


def _named(executions: Sequence[Execution], asked: str) -> Execution | None:
    """By its number, or by its id as far as it is written."""
    by_id = [e for e in executions if len(asked) >= 8 and e.id.startswith(asked.lower())]  # noqa: PLR2004
    by_number = [e for e in executions if str(e.number) == asked]
    return next(iter(by_number or by_id), None)
