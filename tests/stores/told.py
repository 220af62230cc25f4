"""A store told what happens: lanes that decide for real and commit what they decide. The store's tests speak through this."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.core.decide import decide
from bot.core.draft import Decision
from bot.core.events import ActionFinished, ActionStarted, Event, HoldRequested, StartRequested
from bot.model.delivery import Delivery
from bot.model.execution import ActionStatus, Execution, LaneKey, Trigger, TriggerKind
from bot.model.lane import LaneState
from bot.model.people import Person
from bot.model.pipeline import Action, Approve, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Commit, OutboxEntry, Store

ADA = Person("ada", "1")
REPOSITORY = Repository("local", "7", "acme/web")
MAIN = Ref(RefKind.BRANCH, "main")


def pipeline(name: str = "web", *stages: str) -> Pipeline:
    stages = stages or ("build", "prod")
    return Pipeline(
        name,
        tuple(Stage(stage, (Action("work", Run(("make",))),)) for stage in stages),
        digest="-".join((name, *stages)),
    )


def approval(name: str = "web") -> Pipeline:
    return Pipeline(name, (Stage("prod", (Action("ask", Approve()),)),), digest="asks")


def delivery(name: str, provider: str = "github", body: bytes = b"{}") -> Delivery:
    return Delivery(provider, name, {"x-github-event": "push"}, body, 12.5)


def lane_key(ref: Ref = MAIN, name: str = "web", repository: Repository = REPOSITORY) -> LaneKey:
    return LaneKey(repository, name, ref)


def commit_of(lane: LaneKey, event: Event, state: LaneState, settles: tuple[str, ...] = ()) -> Commit:
    decision = decide(state, event)
    return Commit(lane, event, state, decision.state, decision.effects, settles, decision.retired)


@dataclass
class Told:
    """A store, and lanes on it. Event and execution ids come in the order of the telling: e1, e2, ... and x1, x2, ..."""

    store: Store
    at: float = 1000.0
    states: dict[str, LaneState] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: count(1))
    starts: Any = field(default_factory=lambda: count(1))

    def event_id(self) -> str:
        self.at += 1
        return f"e{next(self.ids)}"

    async def tell(
        self, lane: LaneKey, event: Event, settles: tuple[str, ...] = ()
    ) -> tuple[Decision, Sequence[OutboxEntry]]:
        """Decide and commit; the lane must not have taken the event before."""
        state = self.states.get(lane.id) or await self.store.load_lane(lane)
        decision = decide(state, event)
        commit = Commit(lane, event, state, decision.state, decision.effects, settles, decision.retired)
        entries = await self.store.commit(commit)
        assert entries is not None
        self.states[lane.id] = decision.state
        return decision, entries

    def starting(
        self, lane: LaneKey, what: Pipeline | None = None, revision: str = "", number: int = 0, *, outside: bool = False
    ) -> StartRequested:
        serial = next(self.starts)
        what = what or pipeline(lane.pipeline)
        commit = Revision(revision or f"{serial:040x}", lane.ref, author=ADA, message="Fix the typo\n\nAt last.")
        trigger = Trigger(TriggerKind.PUSH, ADA)
        return StartRequested(
            self.event_id(), self.at, f"x{serial}", number or serial, what, commit, trigger, outside=outside
        )

    async def start(
        self, lane: LaneKey, what: Pipeline | None = None, revision: str = "", number: int = 0, *, outside: bool = False
    ) -> Execution:
        event = self.starting(lane, what, revision, number, outside=outside)
        decision, _ = await self.tell(lane, event)
        return decision.state.executions[event.execution]

    async def began(self, lane: LaneKey, execution: str, stage: str) -> Decision:
        event = ActionStarted(self.event_id(), self.at, execution, stage, "work", 1, log=f"{execution}/log")
        return (await self.tell(lane, event))[0]

    async def finish(self, lane: LaneKey, execution: str, stage: str, *, ok: bool = True) -> Decision:
        status = ActionStatus.SUCCEEDED if ok else ActionStatus.FAILED
        event = ActionFinished(self.event_id(), self.at, execution, stage, "work", 1, status, self.at)
        return (await self.tell(lane, event))[0]

    async def hold(self, lane: LaneKey, stage: str) -> Decision:
        return (await self.tell(lane, HoldRequested(self.event_id(), self.at, ADA, stage)))[0]


async def add(store: Store, delivery: Delivery) -> bool:
    """Keep one delivery; whether it is new."""
    [new] = await store.add_deliveries([delivery])
    return new
