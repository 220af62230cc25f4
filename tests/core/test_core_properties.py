"""Whatever happens, in whatever order: no illegal step, no two executions in one stage, nothing stuck, nothing overtaken."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.decide import decide
from bot.core.effects import StartAction
from bot.core.letting_go import waiting_in
from bot.model.approval import Verdict
from bot.model.deployment_wait import DeploymentWait, Merge, WaitType
from bot.model.execution import ActionStatus, Execution, ExecutionStatus
from bot.model.lane import LaneState
from bot.model.pipeline import Mode, Outdated, Pipeline, RetryMode
from bot.model.repository import Ref, RefKind
from tests.core.lane import Lane, approve, run, stage

STAGES = ("build", "test", "prod", "smoke")


def define(mode: Mode, outdated: Outdated | None, retry: RetryMode | None) -> Pipeline:
    stages = (
        stage("build", run("a"), run("b"), run("c", 2), retry=retry),
        stage("test"),
        stage("prod", approve("go"), run("work", 2), retry=retry),
        stage("smoke"),
    )
    return Pipeline("web", stages, digest="d1", mode=mode, outdated=outdated)


class AnyOrder(RuleBasedStateMachine):
    """Random facts in random order, told to one lane."""

    @initialize(
        mode=st.sampled_from(Mode),
        outdated=st.sampled_from((None, Outdated.STOP, Outdated.FINISH)),
        retry=st.sampled_from((None, *RetryMode)),
        kind=st.sampled_from(RefKind),
    )
    def begin(self, mode: Mode, outdated: Outdated | None, retry: RetryMode | None, kind: RefKind) -> None:
        self.lane = Lane(define(mode, outdated, retry), Ref(kind, "1"))
        self.entered: dict[str, list[int]] = {name: [] for name in STAGES}

    @rule(outside=st.sampled_from((False, False, True)))
    def push(self, outside: bool) -> None:
        self.lane.start(outside=outside)

    @rule(ok=st.booleans(), pick=st.integers(0, 1000))
    @precondition(lambda self: self.running())
    def finish(self, ok: bool, pick: int) -> None:
        running = self.running()
        execution, action = running[pick % len(running)]
        self.lane.finish(execution.id, action, ok=ok)

    @rule(kind=st.sampled_from((None, *WaitType)), pick=st.integers(0, 1000))
    @precondition(lambda self: self.running())
    def wait_to_go_on(self, kind: WaitType | None, pick: int) -> None:
        running = self.running()
        execution, action = running[pick % len(running)]
        until = self.lane.now + pick
        merge = Merge("acme/env", pick) if kind is WaitType.MERGE else None
        self.lane.wait_to_go_on(execution.id, action, DeploymentWait(kind, until, merge=merge) if kind else None)

    @rule()
    def let_go(self) -> None:
        """One that waits is ordered to go on, once; where none or several do, nothing is."""
        waiting = [run for e in self.live() for run, wait in waiting_in(e) if self.lane.now + 1 < wait.until]
        self.lane.let_go()
        ordered = [effect for effect in self.lane.last.effects if isinstance(effect, StartAction)]
        assert len(ordered) == (len(waiting) == 1)

    @rule(verdict=st.sampled_from(Verdict))
    def answer(self, verdict: Verdict) -> None:
        self.lane.answer(verdict)

    @rule(pick=st.integers(0, 1000))
    @precondition(lambda self: self.live())
    def expire(self, pick: int) -> None:
        live = self.live()
        self.lane.expire(live[pick % len(live)].id, "go")

    @rule(abandon=st.booleans(), pick=st.integers(0, 1000))
    def stop(self, abandon: bool, pick: int) -> None:
        live = self.live()
        self.lane.stop(abandon=abandon, execution=live[pick % len(live)].id if live and pick % 2 else "")

    @rule(mode=st.sampled_from(RetryMode))
    def retry(self, mode: RetryMode) -> None:
        self.lane.retry(mode)

    @rule(name=st.sampled_from(STAGES))
    def hold(self, name: str) -> None:
        self.lane.hold(name)

    @rule(name=st.sampled_from(STAGES))
    def release(self, name: str) -> None:
        self.lane.release(name)

    # --- what is true at any time ---

    @invariant()
    def a_stage_holds_one_execution_unless_parallel(self) -> None:
        if self.lane.pipeline.mode is Mode.PARALLEL:
            return
        inside = [e.current.name for e in self.live() if not e.waiting]
        assert len(inside) == len(set(inside))
        assert {n: s.occupant for n, s in self.lane.state.slots.items() if s.occupant} == {
            e.current.name: e.id for e in self.live() if not e.waiting
        }

    @invariant()
    def whoever_waits_stands_in_exactly_one_line_for_a_reason(self) -> None:
        slots = self.lane.state.slots
        for name, slot in slots.items():
            assert not slot.inbound or slot.hold or slot.occupant, f"they wait for {name} without a reason"
        lines = [(name, waiting) for name, slot in slots.items() for waiting in slot.inbound]
        assert sorted(lines) == sorted((e.current.name, e.id) for e in self.live() if e.waiting)

    @invariant()
    def whoever_is_inside_has_something_that_runs(self) -> None:
        for execution in self.live():
            if not execution.waiting:
                assert any(a.status is ActionStatus.IN_PROGRESS for a in execution.current.actions)

    @invariant()
    def in_superseded_mode_at_most_one_waits_and_it_is_the_newest_to_come(self) -> None:
        if self.lane.pipeline.mode is Mode.SUPERSEDED:
            assert all(len(slot.inbound) <= 1 for slot in self.lane.state.slots.values())

    @invariant()
    def nothing_older_is_ahead_of_what_it_waits_behind(self) -> None:
        """In a lane without retries, an execution further down the pipeline is never newer than one before it.

        But for one of a change from outside, which passes over what the others are held up by.
        """
        if self.lane.pipeline.mode is Mode.PARALLEL or any(e.attempts > 1 or e.outside for e in self.live()):
            return
        ordered = sorted(self.live(), key=lambda e: e.number)
        places = [(e.stage, not e.waiting) for e in ordered]
        assert places == sorted(places, reverse=True)

    @invariant()
    def only_what_runs_waits_to_be_let_go_on(self) -> None:
        if hasattr(self, "lane"):
            for execution in [*self.lane.state.executions.values(), *self.lane.ended.values()]:
                waiting = [a for stage in execution.stages for a in stage.actions if a.waits is not None]
                assert all(a.status is ActionStatus.IN_PROGRESS for a in waiting)

    @invariant()
    def what_is_withheld_has_never_begun(self) -> None:
        """WBH-5, in what is live and in what is not any more; and what was kept from something is no success."""
        if not hasattr(self, "lane"):
            return
        for execution in [*self.lane.state.executions.values(), *self.lane.ended.values()]:
            begun = {a.name for stage in execution.stages for a in stage.actions if a.attempt}
            assert not (execution.outside and "go" in begun)
            assert execution.outside or not execution.withheld
            assert not (execution.withheld and execution.status is ExecutionStatus.SUCCEEDED)

    @invariant()
    def ended_executions_are_live_only_while_they_can_be_retried(self) -> None:
        for execution in self.lane.state.executions.values():
            if execution.status.ended:
                assert execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
                parallel = self.lane.pipeline.mode is Mode.PARALLEL
                assert parallel or self.lane.state.slots[execution.current.name].latest == execution.id

    def teardown(self) -> None:
        """Everything ends, once nothing is held and every action does; and the same facts give the same state again."""
        if not hasattr(self, "lane"):
            return
        for name in STAGES:
            self.lane.release(name)
        for _ in range(1000):
            if not self.live():
                break
            self.outside()
            for execution, action in self.running():
                self.lane.finish(execution.id, action)
            self.lane.answer()
            for execution in self.live():
                self.lane.answer(stage=execution.current.name, action="go")
                if not execution.waiting and self.lane.pipeline.mode is Mode.PARALLEL:
                    self.lane.expire(execution.id, "go", execution.current.actions[0].attempt)
        assert not self.live()
        state = LaneState(self.lane.state.key)
        for event in self.lane.events:
            state = decide(state, event).state
        assert state == self.lane.state

    def outside(self) -> None:
        """What others do meanwhile, so that all can end."""

    def live(self) -> list[Execution]:
        if not hasattr(self, "lane"):
            return []
        return [e for e in self.lane.state.executions.values() if not e.status.ended]

    def running(self) -> list[tuple[Execution, str]]:
        return [
            (e, a.name)
            for e in self.live()
            if not e.waiting
            for a in e.current.actions
            if a.status is ActionStatus.IN_PROGRESS and a.name != "go"
        ]


AnyOrder.TestCase.settings = settings(stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
