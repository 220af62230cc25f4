"""Any order of starts, ends, holds, restarts and late decisions: the SQL store and the one in memory stay the same."""

import asyncio
import functools
import math
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.core.effects import Report
from bot.core.events import ActionFinished, Event, HoldRequested, ReleaseRequested, StopRequested
from bot.model.execution import ActionStatus
from bot.model.lane import LaneState
from bot.model.repository import Ref, RefKind
from bot.ports import Commit, ConcurrentChange, ExecutionFilter, OutboxEntry, Store
from bot.stores import schema
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from tests.stores.told import ADA, Told, commit_of, lane_key, pipeline

T = TypeVar("T")
LANES = [lane_key(Ref(RefKind.BRANCH, name)) for name in ("main", "next")]
STAGES = st.sampled_from(["build", "prod"])
PIPELINES = st.sampled_from([pipeline(), pipeline("web", "build", "test", "prod")])


@functools.cache
def migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        schema.upgrade(f"sqlite:///{folder}/empty.db")
        return Path(folder, "empty.db").read_bytes()


class Stores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.mkdtemp()
        Path(self.folder, "penstock.db").write_bytes(migrated())
        self.memory = MemoryStore()
        self.sql = self.run(self.open())
        self.serial = Told(self.memory)
        self.states = {lane.id: [LaneState(lane)] for lane in LANES}
        self.told: list[tuple[int, Event]] = []

    async def open(self) -> SqlStore:
        return await SqlStore.open(f"sqlite:///{self.folder}/penstock.db")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def both(self, ask: Any) -> list[Any]:
        return [self.run(ask(store)) for store in (self.memory, self.sql)]

    def commit(self, lane: int, event: Event, age: int = 0) -> None:
        """Commit what follows from the lane's state, or from one that it had some events ago."""
        known = self.states[LANES[lane].id]
        commit = commit_of(LANES[lane], event, known[max(0, len(known) - 1 - age)])
        outcomes = self.both(lambda store: outcome(store, commit))
        assert outcomes[0] == outcomes[1]
        if isinstance(outcomes[0], list):
            known.append(commit.after)
            self.told.append((lane, event))

    @rule(lane=st.integers(0, 1), what=PIPELINES, age=st.integers(0, 1))
    def start(self, lane: int, what: Any, age: int) -> None:
        self.commit(lane, self.serial.starting(LANES[lane], what), age)

    @rule(lane=st.integers(0, 1), stage=STAGES, ok=st.booleans())
    def finish(self, lane: int, stage: str, ok: bool) -> None:
        for execution in self.states[LANES[lane].id][-1].executions.values():
            at = execution.current.name
            status = ActionStatus.SUCCEEDED if ok else ActionStatus.FAILED
            event = ActionFinished(self.serial.event_id(), 5.0, execution.id, at, "work", 1, status, 4.0)
            self.commit(lane, event)
            return

    @rule(lane=st.integers(0, 1), stage=STAGES, close=st.booleans(), age=st.integers(0, 2))
    def gate(self, lane: int, stage: str, close: bool, age: int) -> None:
        gate = HoldRequested if close else ReleaseRequested
        self.commit(lane, gate(self.serial.event_id(), 6.0, ADA, stage), age)

    @rule(lane=st.integers(0, 1), abandon=st.booleans())
    def stop(self, lane: int, abandon: bool) -> None:
        self.commit(lane, StopRequested(self.serial.event_id(), 7.0, abandon, ADA))

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 1000))
    def tell_again(self, which: int) -> None:
        lane, event = self.told[which % len(self.told)]
        state = self.states[LANES[lane].id][-1]
        commit = Commit(LANES[lane], event, state, state, (Report("told again"),))
        assert self.both(lambda store: store.commit(commit)) == [None, None]

    @rule(which=st.integers(0, 1000), late=st.booleans())
    def settle_or_postpone(self, which: int, late: bool) -> None:
        async def act(store: Store) -> object:
            entries = await store.pending_effects(math.inf)
            if not entries:
                return None
            entry = entries[which % len(entries)]
            if late:
                await store.postpone_effect(entry.key, entry.stamp, 40.0, entry.attempts + 1)
                return None
            return await store.settle_effect(entry.key, entry.stamp)

        first, second = self.both(act)
        assert first == second

    @rule(name=st.sampled_from(["x1", "x2"]))
    def order(self, name: str) -> None:
        first, second = self.both(lambda store: store.enqueue([Report(name)]))
        assert bare(first) == bare(second)

    @rule()
    def restart(self) -> None:
        self.run(self.sql.close())
        self.sql = self.run(self.open())

    @invariant()
    def they_are_the_same(self) -> None:
        for lane in LANES:
            first, second = self.both(lambda store, lane=lane: store.load_lane(lane))
            assert first == second
            assert (first.executions, first.slots) == (
                self.states[lane.id][-1].executions,
                self.states[lane.id][-1].slots,
            )
        first, second = self.both(lambda store: store.pending_effects(math.inf))
        assert bare(first) == bare(second)
        for live in (False, True):
            first, second = self.both(lambda store, live=live: store.executions(ExecutionFilter(live=live), 99))
            assert first == second
        for execution in first:
            told, kept = self.both(lambda store, name=execution.id: store.history(name))
            assert [entry.event for entry in told] == [entry.event for entry in kept]

    def teardown(self) -> None:
        self.run(self.sql.close())
        self.runner.close()
        shutil.rmtree(self.folder)


async def outcome(store: Store, commit: Any) -> Any:
    try:
        entries = await store.commit(commit)
    except ConcurrentChange:
        return "refused"
    return entries and bare(list(entries)) if entries else entries


def bare(entries: list[OutboxEntry]) -> list[Any]:
    """Without the stamps: each store has its own."""
    return [(entry.key, entry.effect, entry.lane, entry.due, entry.attempts) for entry in entries]


TestStores = Stores.TestCase
TestStores.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
