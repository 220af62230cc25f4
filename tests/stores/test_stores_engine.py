"""Whatever happens to several lanes that share environments, in whatever order, through the engine and on both stores: stages and
environments hold one execution, nothing is lost in a crash, nothing waits without a reason, everything ends.

The outbox is played by hand: any pending effect may be performed next, or performed without being settled, as by a bot that
was killed in between.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.core.decide import decide
from bot.core.draft import Decision
from bot.core.effects import AnswerClaim, ClaimEnvironment, LeaveEnvironment, StartAction
from bot.core.events import (
    ActionFinished,
    ApprovalAnswered,
    ApprovalExpired,
    DefinitionChanged,
    Event,
    HoldRequested,
    ReleaseRequested,
    RetryRequested,
    StartRequested,
    StopRequested,
)
from bot.model.approval import Verdict
from bot.model.environment import EnvironmentKey
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, LaneKey, Trigger, TriggerKind
from bot.model.lane import LaneState
from bot.model.people import Role
from bot.model.pipeline import Mode, Outdated, Pipeline, RetryMode, Stage
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.ports import OutboxEntry, Store
from bot.runtime.engine import Engine
from bot.runtime.environments import Environments
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from tests.core.lane import ADA, BEN, REPOSITORY, approve, run, stage
from tests.stores.test_stores_machine import migrated

T = TypeVar("T")
REFS = (Ref(RefKind.BRANCH, "main"), Ref(RefKind.BRANCH, "idea"), Ref(RefKind.PULL_REQUEST, "7"))
LANES = [LaneKey(REPOSITORY, "web", ref) for ref in REFS]
STAGES = ("prod", "live")
ENVIRONMENTS = ("production", "world")
LANE = st.integers(0, len(LANES) - 1)
PICK = st.integers(0, 1000)


def define(digest: str, mode: Mode, outdated: Outdated | None, retry: RetryMode | None) -> Pipeline:
    prod = stage("prod", run("work"), approve("go"), retry=retry)
    stages = (
        Stage("prod", prod.actions, environment="production", on_failure=prod.on_failure),
        Stage("live", (run("work"),), environment="world"),
    )
    return Pipeline("web", stages, digest=digest, mode=mode, outdated=outdated)


class ByHand:
    """An outbox that performs nothing by itself: what is pending is read from the store."""

    def order(self, entries: Sequence[OutboxEntry]) -> None: ...

    def doubt(self) -> None: ...


class Clock:
    at = 1000.0

    def now(self) -> float:
        return self.at


class Recording(Engine):
    """Remembers the events that lanes have taken."""

    def __init__(self, store: Store, taken: list[tuple[LaneKey, Event]]) -> None:
        super().__init__(store, ByHand(), lambda *_: None)
        self._taken = taken

    async def tell(self, lane: LaneKey, event: Event, settles: tuple[str, ...] = ()) -> Decision | None:
        decision = await super().tell(lane, event, settles)
        if decision is not None:
            self._taken.append((lane, event))
        return decision


class SeveralLanes(RuleBasedStateMachine):
    sql: ClassVar[bool] = False

    @initialize(
        modes=st.tuples(*[st.sampled_from(Mode)] * len(LANES)),
        outdated=st.sampled_from((None, Outdated.STOP, Outdated.FINISH)),
        retry=st.sampled_from((None, RetryMode.FAILED_ACTIONS)),
    )
    def begin(self, modes: tuple[Mode, ...], outdated: Outdated | None, retry: RetryMode | None) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.mkdtemp()
        self.pipelines = [define(f"d{number}", mode, outdated, retry) for number, mode in enumerate(modes)]
        self.clock = Clock()
        self.taken: list[tuple[LaneKey, Event]] = []
        self.told = 0
        self.memory = MemoryStore()
        Path(self.folder, "penstock.db").write_bytes(migrated() if self.sql else b"")
        self.store: Store = self.memory
        self.wake()

    def wake(self) -> None:
        if self.sql:
            self.store = self.run(SqlStore.open(f"sqlite:///{self.folder}/penstock.db", upgrade=False, readers=1))
        self.engine = Recording(self.store, self.taken)
        self.environments = Environments(self.store, self.engine, ByHand(), self.clock)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def tell(self, lane: int, event: Event) -> None:
        self.run(self.engine.tell(LANES[lane], event))

    def next_id(self) -> str:
        self.told += 1
        self.clock.at += 1
        return f"event-{self.told}"

    # --- what people and executors do ---

    @rule(lane=LANE)
    def push(self, lane: int) -> None:
        name, at, key = self.next_id(), self.clock.at, LANES[lane]
        number = self.run(self.store.next_number(REPOSITORY, "web"))
        revision = Revision(f"{number:040x}", key.ref, author=ADA)
        trigger = Trigger(TriggerKind.PUSH, ADA)
        self.tell(lane, StartRequested(name, at, f"e{number}", number, self.pipelines[lane], revision, trigger))

    @rule(pick=PICK, ok=st.sampled_from((True, True, False)), settled=st.sampled_from((True, True, False)))
    def perform(self, pick: int, ok: bool, settled: bool) -> None:
        pending = self.pending()
        if pending:
            self.perform_one(pending[pick % len(pending)], ok=ok, settled=settled)

    @rule(picks=st.lists(PICK, min_size=1, max_size=6))
    def go_on(self, picks: list[int]) -> None:
        """Some way without anything out of the ordinary."""
        for pick in picks:
            self.perform(pick, ok=True, settled=True)

    @rule(lane=LANE, verdict=st.sampled_from(Verdict))
    def answer(self, lane: int, verdict: Verdict) -> None:
        for execution in self.live(lane):
            event = ApprovalAnswered(
                self.next_id(), self.clock.at, BEN, Role.WRITE, verdict, execution=execution.id, stage="prod"
            )
            self.tell(lane, event)

    @rule(lane=LANE)
    def expire(self, lane: int) -> None:
        for execution in self.live(lane):
            attempt = execution.stage_run("prod").action("go").attempt
            self.tell(lane, ApprovalExpired(self.next_id(), self.clock.at, execution.id, "prod", "go", attempt))

    @rule(lane=LANE, abandon=st.booleans())
    def stop(self, lane: int, abandon: bool) -> None:
        self.tell(lane, StopRequested(self.next_id(), self.clock.at, abandon, BEN))

    @rule(lane=LANE, mode=st.sampled_from(RetryMode))
    def retry(self, lane: int, mode: RetryMode) -> None:
        self.tell(lane, RetryRequested(self.next_id(), self.clock.at, BEN, mode))

    @rule(lane=LANE, name=st.sampled_from(STAGES))
    def hold(self, lane: int, name: str) -> None:
        self.tell(lane, HoldRequested(self.next_id(), self.clock.at, BEN, name))

    @rule(lane=LANE, name=st.sampled_from(STAGES))
    def release(self, lane: int, name: str) -> None:
        self.tell(lane, ReleaseRequested(self.next_id(), self.clock.at, BEN, name))

    @rule(lane=LANE, mode=st.sampled_from(Mode))
    def edit(self, lane: int, mode: Mode) -> None:
        """The definition changes, its mode with it."""
        name = self.next_id()
        self.pipelines[lane] = replace(self.pipelines[lane], digest=f"d-{name}", mode=mode)
        self.tell(lane, DefinitionChanged(name, self.clock.at, self.pipelines[lane], self.told))

    @rule()
    def crash(self) -> None:
        if self.sql:
            self.run(self.store.close())
        self.wake()

    # --- performing ---

    def pending(self) -> list[OutboxEntry]:
        """But for deadlines, which are a rule of their own, and what only hosts are told."""
        entries = self.run(self.store.pending_effects(self.clock.at + 1e9))
        kinds = (StartAction, ClaimEnvironment, LeaveEnvironment, AnswerClaim)
        return [entry for entry in entries if isinstance(entry.effect, kinds)]

    def perform_one(self, entry: OutboxEntry, *, ok: bool = True, settled: bool = True) -> None:
        effect = entry.effect
        if isinstance(effect, StartAction):
            self.finish(effect, entry.key, ok=ok)
        elif isinstance(effect, AnswerClaim):
            self.run(self.environments.answer(effect, entry.key))
        elif isinstance(effect, ClaimEnvironment | LeaveEnvironment):
            self.run(self.environments.tell(effect, entry.key))
        if settled:
            self.run(self.store.settle_effect(entry.key, entry.stamp))

    def finish(self, effect: StartAction, key: str, *, ok: bool) -> None:
        found = self.run(self.engine.execution(effect.execution))
        assert found is not None
        status = ActionStatus.SUCCEEDED if ok else ActionStatus.FAILED
        event = ActionFinished(
            f"{key}:finished",
            self.clock.at,
            effect.execution,
            effect.stage,
            effect.action,
            effect.attempt,
            status,
            self.clock.at,
            error=None if ok else ErrorCode.JOB_FAILED,
        )
        self.run(self.engine.tell(found[0].lane, event, (key,)))

    # --- what is true at any time ---

    @invariant()
    def an_environment_holds_one_execution(self) -> None:
        inside = [e.current.name for lane in range(len(LANES)) for e in self.live(lane) if not e.waiting]
        assert inside.count("prod") <= 1
        assert inside.count("live") <= 1

    @invariant()
    def a_stage_holds_one_execution_unless_parallel(self) -> None:
        for lane in range(len(LANES)) if hasattr(self, "engine") else ():
            definitions = self.state(lane).definitions
            alone = [e for e in self.live(lane) if definitions[e.definition].mode is not Mode.PARALLEL]
            inside = [e.current.name for e in alone if not e.waiting]
            assert len(inside) == len(set(inside))

    @invariant()
    def nothing_waits_without_a_reason(self) -> None:
        for lane in range(len(LANES)) if hasattr(self, "engine") else ():
            slots = self.state(lane).slots
            for execution in self.live(lane):
                assert execution.waiting == (execution.id in slots[execution.current.name].inbound)
                if execution.waiting:
                    wait, slot = execution.wait, slots[execution.current.name]
                    assert wait is not None
                    assert wait.hold or wait.environment or wait.occupant or slot.inbound[0] != execution.id

    @invariant()
    def a_claim_is_for_where_its_execution_is(self) -> None:
        for lane in range(len(LANES)) if hasattr(self, "engine") else ():
            for execution in self.state(lane).executions.values():
                if execution.claim is not None:
                    assert not execution.status.ended
                    assert execution.claim.stage == execution.current.name
                    assert execution.claim.granted != execution.waiting

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        try:
            self.end()
            self.replay()
        finally:
            self.run(self.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def end(self) -> None:
        """Released, performed and answered, everything ends, and nothing is left in an environment."""
        for lane in range(len(LANES)):
            for name in STAGES:
                self.release(lane, name)
        for _ in range(200):
            for entry in self.pending():
                self.perform_one(entry)
            for lane in range(len(LANES)):
                self.answer(lane, Verdict.APPROVED)
            if not any(self.live(lane) for lane in range(len(LANES))) and not self.pending():
                break
        assert not any(self.live(lane) for lane in range(len(LANES)))
        for name in ENVIRONMENTS:
            assert self.run(self.store.load_environment(EnvironmentKey(REPOSITORY, name))).line == ()

    def replay(self) -> None:
        """The same facts give the same state again."""
        for lane in LANES:
            state = LaneState(lane)
            for told, event in self.taken:
                if told == lane:
                    state = decide(state, event).state
            assert state == self.run(self.engine.lane(lane))

    def state(self, lane: int) -> LaneState:
        return self.run(self.engine.lane(LANES[lane]))

    def live(self, lane: int) -> list[Execution]:
        if not hasattr(self, "engine"):
            return []
        return [e for e in self.state(lane).executions.values() if not e.status.ended]


class OnSqlite(SeveralLanes):
    sql = True


SeveralLanes.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
OnSqlite.TestCase.settings = settings(
    max_examples=5, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSeveralLanes = SeveralLanes.TestCase
TestOnSqlite = OnSqlite.TestCase
