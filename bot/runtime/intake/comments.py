"""A comment: its commands are read, the commenter's role is asked afresh, and each command is told to the lane that it means.

A comment is obeyed once. Most hosts sign no delivery's id, so whoever has seen a delivery could send it again under another one, when
something else waits for an approval.

What a command means is `bot.commands`' to say, whether it may be obeyed the core's; the sentences are `bot.messages`'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.commands.addressed import Addressed, Live
from bot.commands.command import (
    Approve,
    Command,
    Continue,
    Help,
    Hold,
    Misread,
    OkToTest,
    Order,
    Override,
    Reject,
    Release,
    Rerun,
    Retry,
    Rollback,
    Status,
    Stop,
    Why,
)
from bot.commands.parse import parse
from bot.commands.route import route
from bot.commands.table import entry_of
from bot.core.effects import Effect, Refuse, Say
from bot.core.events import Event
from bot.core.owners import look_now
from bot.core.refusal import Refusal, RefusalReason
from bot.model.delivery import Delivery
from bot.model.execution import Execution, ExecutionStatus, LaneKey
from bot.model.host_event import CommentCreated, CommentRef, ThreadKind
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import Clock, ExecutionFilter, Provider, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.answers import Answers
from bot.runtime.intake.gates import Gates
from bot.runtime.intake.orders import Ordered, event_of
from bot.runtime.intake.outside import Outsiders
from bot.runtime.intake.rerun import Reruns
from bot.runtime.intake.standing import Standing, standing
from bot.runtime.outbox import Outbox
from bot.runtime.rollbacks import Rollbacks

LANES = 50
"""Executions of a commit that are looked at to find the lanes that a comment on it is about."""


@dataclass(frozen=True, slots=True)
class Given:
    """One command as somebody gave it. `id` follows from the delivery, and is the same for every lane, so that obeying it
    twice is noticed. `live` is left of the lanes that had not taken it before; `before`: some had, in a life that was cut short.
    """

    id: str
    comment: CommentRef
    who: Standing
    lanes: Sequence[LaneKey]
    live: Sequence[Live]
    before: bool


class CommentIntake:
    """Handles comments on pull requests and on commits."""

    def __init__(
        self,
        store: Store,
        providers: Mapping[str, Provider],
        engine: Engine,
        outbox: Outbox,
        reruns: Reruns,
        outsiders: Outsiders,
        rollbacks: Rollbacks,
        answers: Answers,
        clock: Clock,
    ) -> None:
        self._store = store
        self._providers = providers
        self._engine = engine
        self._outbox = outbox
        self._reruns = reruns
        self._outsiders = outsiders
        self._rollbacks = rollbacks
        self._answers = answers
        self._clock = clock
        self._gates = Gates(store, providers, engine, clock)

    async def handle(self, delivery: Delivery, event: CommentCreated) -> None:
        commands = () if event.by.bot else parse(event.body)
        if not commands or not await self._store.take_comment(event.comment, delivery.key, self._clock.now()):
            return
        repository = event.comment.repository
        who = await standing(self._provider(repository), repository, event.by)
        effects: list[Effect] = []
        for number, command in enumerate(commands):
            lanes = await self._lanes(event.comment)
            identity = f"{delivery.key}:{number}"
            fresh = [lane for lane in lanes if not await self._store.told(lane, identity)]
            live = await self._here(fresh, event.comment)
            given = Given(identity, event.comment, who, lanes, live, before=len(fresh) < len(lanes))
            effects += await self._obey(command, given)
        # Together with the delivery: what was refused once must not be obeyed when the same comment is read again.
        self._outbox.order(await self._store.enqueue(effects, delivery.key))

    async def _obey(self, command: Command | Misread, given: Given) -> list[Effect]:
        """Do what the command says. Lanes that are told it answer it themselves; the answers of all others come back."""
        if isinstance(command, Misread):
            return [Refuse(given.comment, command.refusal)]
        needs = entry_of(command).needs
        if given.who.role < needs:
            details = {"role": given.who.role.name.lower(), "needed": needs.name.lower()}
            return [Refuse(given.comment, Refusal(RefusalReason.NOT_ALLOWED, details))]
        if isinstance(command, Status | Why | Help):
            limits = self._provider(given.comment.repository).limits
            return [Say(given.comment, await self._answers.answer(command, given.comment, given.lanes, limits))]
        if isinstance(command, Hold | Release):
            refusal = await self._gates.tell(command, given.id, given.comment, given.who.person, given.lanes)
            return [Refuse(given.comment, refusal)] if refusal else []
        if isinstance(command, OkToTest):
            refusal = await self._outsiders.allow(command.sha, given.id, given.comment, given.who.person)
            return [Refuse(given.comment, refusal)] if refusal else []
        return await self._order_of(command, given)

    async def _order_of(self, command: Order, given: Given) -> list[Effect]:
        if given.before and not isinstance(command, Stop):
            return []  # only a stop is for more than one lane
        known: Sequence[str] = ()
        problem = ""
        if isinstance(command, Rerun):
            rerun = await self._reruns.prepare(given.comment, given.lanes, command.revision)
            known, problem = rerun.known, rerun.problem
            if rerun.refusal is not None:
                return [Refuse(given.comment, rerun.refusal)]
        live = await self._newest(given) if isinstance(command, Rollback | Override) else _meant(command, given)
        routed = route(command, live, known, problem)
        if isinstance(command, Retry) and isinstance(routed, Refusal):
            routed = await self._overtaken(given) or routed
        if isinstance(routed, Refusal):
            return [] if given.before else [Refuse(given.comment, routed)]
        if isinstance(command, Rerun):
            [addressed] = routed
            assert isinstance(addressed.command, Rerun)  # noqa: S101  a route changes a command's place, not its kind
            await self._reruns.start(rerun, addressed.command, given.id, given.who.person, given.comment)
            return []
        if isinstance(command, Rollback):
            [addressed] = routed
            await self._roll_back(addressed, given)
            return []
        # One event a lane: a stop ends whatever runs there, however many executions the route has found.
        follows: list[Effect] = []
        for lane, addressed in {one.execution.lane: one for one in routed if one.execution}.items():
            decision = await self._engine.tell(lane, await self._event(addressed, given))
            refusal = decision.refusal if decision is not None else None
            if refusal is not None and refusal.reason is RefusalReason.OWNERS_UNKNOWN and addressed.execution:
                follows.append(look_now(addressed.execution, refusal.details["action"]))
        return follows

    async def _newest(self, given: Given) -> Sequence[Live]:
        """What is live, and for each lane its newest execution: it knows the stages where nothing runs any more."""
        lanes = await self._gates.lanes(given.comment, given.lanes)
        found = list(await self._live(lanes))
        for lane in lanes:
            for execution in await self._store.executions(ExecutionFilter.of_lane(lane), 1):
                known = await self._engine.execution(execution.id)
                if known is not None and all(one.execution.id != execution.id for one in found):
                    found.append(Live(known[1], known[0]))
        return found

    async def _roll_back(self, addressed: Addressed, given: Given) -> None:
        command, execution = addressed.command, addressed.execution
        assert isinstance(command, Rollback) and execution is not None  # noqa: S101, PT018  its route has found one
        stage = command.place.stage
        await self._rollbacks.ask(execution.lane, stage, command.execution, given.id, given.who.person, given.comment)

    async def _overtaken(self, given: Given) -> Refusal | None:
        """RET-5: a commit's execution that has failed, and can't be retried any more, has been overtaken where it failed."""
        commit = _commit(given.comment)
        which = ExecutionFilter.of_commit(given.comment.repository, commit)
        newest = next(iter(await self._store.executions(which, 1) if commit else ()), None)
        if newest is None or newest.status not in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED) or newest.waiting:
            return None
        stage = newest.current.name
        slot = (await self._engine.lane(newest.lane)).slots.get(stage)
        by = await self._engine.execution(slot.latest) if slot and slot.latest not in ("", newest.id) else None
        if by is None:
            return None
        details = {"number": str(newest.number), "stage": stage, "latest": str(by[0].number)}
        return Refusal(RefusalReason.NOT_LATEST, details)

    async def _event(self, addressed: Addressed, given: Given) -> Event:
        command, execution = addressed.command, addressed.execution
        assert execution is not None  # noqa: S101  only a rerun has none
        foreign = _is_foreign(execution.lane, given.comment)
        ordered = Ordered(given.id, self._clock.now(), given.who.person, given.who.role, given.comment)
        if isinstance(command, Stop):
            ordered = replace(ordered, commit=execution.revision.commit if foreign or _commit(given.comment) else "")
        elif isinstance(command, Approve | Reject):
            principals = await given.who.principals([entry for one in given.live for entry in _approvers(one)])
            ordered = replace(ordered, principals=principals, head="" if foreign else await self._head(given.comment))
        return event_of(command, execution.id, ordered)

    async def _head(self, comment: CommentRef) -> str:
        """The pull request's newest commit, so that an answer binds to what its author could see."""
        if comment.thread.kind is not ThreadKind.PULL_REQUEST:
            return comment.thread.name
        provider = self._provider(comment.repository)
        found = await provider.pull_request(comment.repository, int(comment.thread.name))
        return found.head if found else ""

    async def _lanes(self, comment: CommentRef) -> Sequence[LaneKey]:
        if comment.thread.kind is ThreadKind.PULL_REQUEST:
            own = await self._store.lanes(comment.repository, Ref(RefKind.PULL_REQUEST, comment.thread.name))
            asked = [found[0].lane for found in await self._asked(comment)]
            return list({lane.id: lane for lane in (*own, *asked)}.values())
        which = ExecutionFilter.of_commit(comment.repository, comment.thread.name)
        executions = await self._store.executions(which, LANES)
        return list({execution.lane.id: execution.lane for execution in executions}.values())

    async def _asked(self, comment: CommentRef) -> list[tuple[Execution, Pipeline]]:
        """The executions of other lanes that people are asked for in this thread."""
        names = await self._store.questions(comment.repository, comment.thread)
        found = [await self._engine.execution(name) for name in names]
        return [one for one in found if one is not None]

    async def _live(self, lanes: Sequence[LaneKey]) -> Sequence[Live]:
        found = []
        for lane in lanes:
            state = await self._engine.lane(lane)
            found += [Live(state.definitions[e.definition], e) for e in state.executions.values()]
        return found

    async def _here(self, lanes: Sequence[LaneKey], comment: CommentRef) -> Sequence[Live]:
        """What is live in the lanes; of one that is not the pull request's own, only what is asked for on it."""
        asked = {one[0].id for one in await self._asked(comment)}
        live = await self._live(lanes)
        return [one for one in live if not _is_foreign(one.execution.lane, comment) or one.execution.id in asked]

    def _provider(self, repository: Repository) -> Provider:
        return self._providers[repository.provider]


def _meant(command: Order, given: Given) -> Sequence[Live]:
    """A stop, a retry or a continuation below a commit is about what runs that commit, whatever else runs in its lane."""
    commit = _commit(given.comment)
    if not commit or not isinstance(command, Stop | Retry | Continue):
        return given.live
    return [one for one in given.live if one.execution.revision.commit == commit]


def _is_foreign(lane: LaneKey, comment: CommentRef) -> bool:
    """Whether the comment is on a pull request, and the lane is not that one's: it is asked for there all the same."""
    thread = comment.thread
    return thread.kind is ThreadKind.PULL_REQUEST and lane.ref != Ref(RefKind.PULL_REQUEST, thread.name)


def _commit(comment: CommentRef) -> str:
    return comment.thread.name if comment.thread.kind is ThreadKind.COMMIT else ""


def _approvers(one: Live) -> Sequence[str]:
    by = [entry for stage in one.pipeline.stages for a in stage.actions if a.approval for entry in a.approval.by]
    owners = [run.owners for run in one.execution.current.actions if run.owners is not None]
    return [*by, *(entry for found in owners for group in found.groups for entry in group.owners)]
