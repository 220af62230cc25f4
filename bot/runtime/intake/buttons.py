"""Buttons beside a check run: to have it done again, which is `/retry` where something can be retried, else `/rerun`; to answer an approval, which is
`/approve` or `/reject`; and to let a deployment go on, which is `/continue`.

They are under the same policy as the commands. What is refused is answered in the thread, as a command would be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from bot.commands.addressed import Live
from bot.commands.command import Approve, Continue, Reject, Rerun
from bot.commands.route import route
from bot.commands.table import BY_NAME
from bot.core.effects import Refuse
from bot.core.events import RetryRequested
from bot.core.letting_go import waiting_in
from bot.core.refusal import Refusal, RefusalReason
from bot.model.check import CheckButton
from bot.model.delivery import Delivery
from bot.model.deployment_wait import WaitType
from bot.model.execution import Execution, ExecutionStatus
from bot.model.host_event import CheckAnswered, CheckRerequested, CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pipeline import Pipeline, RetryMode
from bot.ports import Clock, ExecutionFilter, Provider, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.orders import Ordered, event_of
from bot.runtime.intake.rerun import Reruns
from bot.runtime.intake.standing import Standing, standing
from bot.runtime.outbox import Outbox

log = structlog.get_logger(__name__)

MOST = 50
"""Executions of a commit that are looked at to find its pipelines."""

_SAYS: Mapping[CheckButton, tuple[str, Approve | Reject | Continue]] = {
    CheckButton.APPROVE: ("approve", Approve()),
    CheckButton.REJECT: ("reject", Reject()),
    CheckButton.SHIFT_TRAFFIC: ("continue", Continue()),
    CheckButton.END_WAIT: ("continue", Continue()),
}
_ENDS = {CheckButton.SHIFT_TRAFFIC: WaitType.READY, CheckButton.END_WAIT: WaitType.TERMINATION}
"""The wait that a button was shown for: pressed on an old page it must not end the next one."""

_Pressed = CheckRerequested | CheckAnswered


class Buttons:
    """Obeys them."""

    def __init__(
        self,
        store: Store,
        providers: Mapping[str, Provider],
        engine: Engine,
        outbox: Outbox,
        reruns: Reruns,
        clock: Clock,
    ) -> None:
        self._store = store
        self._providers = providers
        self._engine = engine
        self._outbox = outbox
        self._reruns = reruns
        self._clock = clock

    async def handle(self, delivery: Delivery, event: _Pressed) -> None:
        if event.by.bot:
            return
        who = await standing(self._providers[event.repository.provider], event.repository, event.by)
        refusals: list[Refuse] = []
        for execution in await self._meant(event):
            identity = f"{delivery.key}:{execution.lane.pipeline}"
            if await self._store.told(execution.lane, identity):
                continue
            place = _thread_of(execution)
            refusal = _not_allowed(event, who.role)
            if refusal is None and isinstance(event, CheckAnswered):
                refusal = await self._answer(execution, event.button, identity, who, place)
            elif refusal is None:
                refusal = await self._again(execution, identity, event.by, place)
            refusals += [Refuse(place, refusal)] if refusal else []
        self._outbox.order(await self._store.enqueue(refusals, delivery.key))

    async def _meant(self, event: _Pressed) -> Sequence[Execution]:
        """The newest of each pipeline for the commit; of one check, the one of its pipeline; of an answer, the very one that asks."""
        found = await self._store.executions(ExecutionFilter.of_commit(event.repository, event.commit), MOST)
        if isinstance(event, CheckAnswered):
            return [one for one in found if one.id == event.execution]
        named = next((one.lane.pipeline for one in found if one.id == event.execution), "")
        newest: dict[str, Execution] = {}
        for one in sorted(found, key=lambda one: one.outside):  # as the commit's statuses are told (`Store.teller`)
            newest.setdefault(one.lane.pipeline, one)
        return [one for name, one in newest.items() if not event.execution or name == named]

    # --- Done again --------------------------------------------------------------------------------------------------

    async def _again(self, execution: Execution, identity: str, by: Person, place: CommentRef) -> Refusal | None:
        if not execution.status.ended:
            log.info("button refused: it still runs", execution=execution.id)
            return None
        if await self._can_be_retried(execution):
            now, stage = self._clock.now(), execution.current.name
            retry = RetryRequested(identity, now, by, RetryMode.FAILED_ACTIONS, stage, execution.id)
            decision = await self._engine.tell(execution.lane, retry)
            if decision is None or decision.refusal is None:
                return None
        return await self._anew(execution, f"{identity}:anew", by, place)

    async def _can_be_retried(self, execution: Execution) -> bool:
        state = await self._engine.lane(execution.lane)
        failed = execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
        return failed and not execution.waiting and execution.id in state.executions

    async def _anew(self, execution: Execution, identity: str, by: Person, place: CommentRef) -> Refusal | None:
        """Of this very commit, though its pull request may have a newer one."""
        lane, commit = execution.lane, execution.revision.commit
        there = CommentRef(lane.repository, Thread(ThreadKind.COMMIT, commit), "")
        prepared = await self._reruns.prepare(there, [lane], "")
        if prepared.refusal is not None:
            return prepared.refusal
        if prepared.revision is None or lane.pipeline not in prepared.pipelines:
            reason = prepared.problem or f"the commit defines no pipeline {lane.pipeline}"
            return Refusal(RefusalReason.NO_PIPELINE, {"reason": reason})
        await self._reruns.start(prepared, Rerun(lane.pipeline), identity, by, place)
        return None

    # --- Answered ----------------------------------------------------------------------------------------------------

    async def _answer(
        self, execution: Execution, button: CheckButton, identity: str, who: Standing, place: CommentRef
    ) -> Refusal | None:
        """The lane refuses in the thread by itself; what comes back is that there is nothing that waits for it."""
        state = await self._engine.lane(execution.lane)
        now = state.executions.get(execution.id)
        live = [Live(state.definitions[now.definition], now)] if now is not None else []
        if button in _ENDS and not (now and any(wait.type is _ENDS[button] for _, wait in waiting_in(now))):
            return Refusal(RefusalReason.NOTHING_TO_CONTINUE)
        routed = route(_SAYS[button][1], live)
        if isinstance(routed, Refusal):
            return routed
        [addressed] = routed
        ordered = Ordered(identity, self._clock.now(), who.person, who.role, place)
        if button not in _ENDS:
            principals, head = await who.principals(_approvers(live[0].pipeline)), await self._head(execution)
            ordered = replace(ordered, principals=principals, head=head)
        await self._engine.tell(execution.lane, event_of(addressed.command, execution.id, ordered))
        return None

    async def _head(self, execution: Execution) -> str:
        """What the pull request's newest commit is: an answer binds to the one that was asked about."""
        number, repository = execution.revision.pull_request, execution.lane.repository
        if number is None:
            return execution.revision.commit
        found = await self._providers[repository.provider].pull_request(repository, number)
        return found.head if found else ""


def _not_allowed(event: _Pressed, role: Role) -> Refusal | None:
    names = (_SAYS[event.button][0],) if isinstance(event, CheckAnswered) else ("retry", "rerun")
    needs = max(BY_NAME[name].needs for name in names)
    if role >= needs:
        return None
    return Refusal(RefusalReason.NOT_ALLOWED, {"role": role.name.lower(), "needed": needs.name.lower()})


def _thread_of(execution: Execution) -> CommentRef:
    """Where people talk about it. There is no comment that could be reacted to."""
    number, commit = execution.revision.pull_request, execution.revision.commit
    thread = Thread(ThreadKind.COMMIT, commit) if number is None else Thread(ThreadKind.PULL_REQUEST, str(number))
    return CommentRef(execution.lane.repository, thread, "")


def _approvers(pipeline: Pipeline) -> Sequence[str]:
    return [entry for stage in pipeline.stages for each in stage.actions if each.approval for entry in each.approval.by]
