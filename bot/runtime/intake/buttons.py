"""A host's own button to have a check done again: the same as `/retry` where something can be retried, else as `/rerun`.

It is under the same policy as the commands. Nobody can be answered there: what is refused stays as it is shown, and is logged.
"""

from collections.abc import Mapping, Sequence

import structlog

from bot.commands.command import Rerun
from bot.commands.table import BY_NAME
from bot.core.events import RetryRequested
from bot.model.delivery import Delivery
from bot.model.execution import Execution, ExecutionStatus
from bot.model.host_event import CheckRerequested, CommentRef, Thread, ThreadKind
from bot.model.people import Person
from bot.model.pipeline import RetryMode
from bot.ports import Clock, ExecutionFilter, Provider, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.rerun import Reruns
from bot.runtime.intake.standing import standing

log = structlog.get_logger(__name__)

MOST = 50
"""Executions of a commit that are looked at to find its pipelines."""


class Buttons:
    """Obeys them."""

    def __init__(
        self, store: Store, providers: Mapping[str, Provider], engine: Engine, reruns: Reruns, clock: Clock
    ) -> None:
        self._store = store
        self._providers = providers
        self._engine = engine
        self._reruns = reruns
        self._clock = clock

    async def handle(self, delivery: Delivery, event: CheckRerequested) -> None:
        if event.by.bot:
            return
        needs = max(BY_NAME["retry"].needs, BY_NAME["rerun"].needs)
        who = await standing(self._providers[event.repository.provider], event.repository, event.by)
        if who.role < needs:
            log.info("button refused", by=event.by.login, role=who.role.name.lower(), needed=needs.name.lower())
            return
        for execution in await self._meant(event):
            identity = f"{delivery.key}:{execution.lane.pipeline}"
            if not await self._store.told(execution.lane, identity):
                await self._again(execution, identity, event.by)

    async def _meant(self, event: CheckRerequested) -> Sequence[Execution]:
        """The newest of each pipeline for the commit; of one check, the one of its pipeline."""
        found = await self._store.executions(ExecutionFilter.of_commit(event.repository, event.commit), MOST)
        named = next((one.lane.pipeline for one in found if one.id == event.execution), "")
        newest: dict[str, Execution] = {}
        for one in found:
            newest.setdefault(one.lane.pipeline, one)
        return [one for name, one in newest.items() if not event.execution or name == named]

    async def _again(self, execution: Execution, identity: str, by: Person) -> None:
        if not execution.status.ended:
            log.info("button refused: it still runs", execution=execution.id)
            return
        if await self._can_be_retried(execution):
            now, stage = self._clock.now(), execution.current.name
            retry = RetryRequested(identity, now, by, RetryMode.FAILED_ACTIONS, stage, execution.id)
            decision = await self._engine.tell(execution.lane, retry)
            if decision is None or decision.refusal is None:
                return
        await self._anew(execution, f"{identity}:anew", by)

    async def _can_be_retried(self, execution: Execution) -> bool:
        state = await self._engine.lane(execution.lane)
        failed = execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
        return failed and not execution.waiting and execution.id in state.executions

    async def _anew(self, execution: Execution, identity: str, by: Person) -> None:
        lane, commit = execution.lane, execution.revision.commit
        place = CommentRef(lane.repository, Thread(ThreadKind.COMMIT, commit), "")
        prepared = await self._reruns.prepare(place, [lane], "")
        if prepared.revision is None or lane.pipeline not in prepared.pipelines:
            reason = prepared.refusal.reason if prepared.refusal else prepared.problem
            log.info("button refused", execution=execution.id, reason=reason or "the pipeline is no longer there")
            return
        await self._reruns.start(prepared, Rerun(lane.pipeline), identity, by, None)
