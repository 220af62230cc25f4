"""The same as `test_core_properties`, for a pipeline with conditions, overrides and rollbacks: whatever comes in whatever order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.core.draft import Decision
from bot.core.effects import StartRollback
from bot.core.events import Event, RollbackRequested
from bot.model.approval import Verdict
from bot.model.condition import ConditionRun, ConditionStatus, RuleStatus
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, StageStatus, Trigger, TriggerKind
from bot.model.pipeline import Condition, ConditionResult, Mode, Outdated, Pipeline, Rule, Stage, Variable
from bot.model.repository import Ref, RefKind
from bot.model.rollback import ExecutionType
from tests.core.lane import Lane, approve, run, stage
from tests.core.test_core_properties import AnyOrder

STAGES = ("build", "test", "prod")


def asks(result: ConditionResult) -> Condition:
    return Condition(result, (Rule("one", "check", {}), Rule("two", "window", {})))


def define(mode: Mode, outdated: Outdated | None, entry: ConditionResult, failure: Condition) -> Pipeline:
    back = ConditionResult.FAIL if mode is Mode.PARALLEL else ConditionResult.ROLLBACK
    stages = (
        stage("build", run("a"), run("b"), run("c", 2)),
        Stage("test", (run("work"),), before_entry=asks(entry), on_success=asks(ConditionResult.FAIL)),
        Stage(
            "prod", (approve("go"), run("work", 2)), before_entry=asks(entry), on_success=asks(back), on_failure=failure
        ),
    )
    return Pipeline("web", stages, digest="d1", mode=mode, outdated=outdated, variables={"WHICH": Variable("")})


class Ordered(Lane):
    """A lane that remembers the rollbacks it has ordered and was not yet told of."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ordered: list[StartRollback] = []

    def tell(self, event: Event) -> Decision:
        decision = super().tell(event)
        for effect in decision.effects:
            if isinstance(effect, StartRollback):
                self.ordered.append(effect)
                self._was_asked_for(effect)
        if isinstance(event, RollbackRequested) and event.execution in {**self.state.executions, **self.ended}:
            self._brings_back_what_may_be(event, self[event.execution])
        return decision

    def _was_asked_for(self, order: StartRollback) -> None:
        """RBK-5, C8: the file says so, and the condition that it says it in has come to that."""
        assert self.pipeline.mode is not Mode.PARALLEL
        run, asked = self[order.execution].stage_run(order.stage), self.pipeline.stage(order.stage)
        assert self[order.execution].type is ExecutionType.STANDARD
        if run.on_success is not None and run.on_success.status in (ConditionStatus.FAILED, ConditionStatus.ERRORED):
            assert asked.on_success is not None
            assert asked.on_success.result is ConditionResult.ROLLBACK
            return
        assert asked.on_failure is not None
        assert asked.on_failure.result is ConditionResult.ROLLBACK
        met = run.on_failure is not None and run.on_failure.status is ConditionStatus.SUCCEEDED
        assert met == bool(asked.on_failure.rules)

    def _brings_back_what_may_be(self, event: RollbackRequested, begun: Execution) -> None:
        """RBK-1 to RBK-4, VAR-14."""
        target = event.target
        assert target is not None
        assert (target.type, target.definition) == (ExecutionType.STANDARD, event.current)
        assert target.stage_run(event.stage).status is StageStatus.SUCCEEDED
        assert (begun.type, begun.revision, begun.variables) == (
            ExecutionType.ROLLBACK,
            target.revision,
            target.variables,
        )
        where = self.pipeline.stage_index(event.stage)
        assert all(run.status is StageStatus.NOT_STARTED for n, run in enumerate(begun.stages) if n != where)

    def candidates(self, name: str) -> list[Execution]:
        """What the store would name for a stage, newest first."""
        known = {**self.ended, **self.state.executions}.values()
        found = [
            e for e in known if e.type is ExecutionType.STANDARD and e.stage_run(name).status is StageStatus.SUCCEEDED
        ]
        return sorted(found, key=lambda e: e.number, reverse=True)

    def perform(self, order: StartRollback, *, found: bool = True) -> None:
        self.ordered.remove(order)
        number = next(self._numbers)
        target = next(iter(self.candidates(order.stage)), None) if found else None
        trigger = Trigger(TriggerKind.AUTOMATED_ROLLBACK)
        self.tell(
            RollbackRequested(
                self._id(),
                self.now,
                f"e{number}",
                number,
                order.stage,
                trigger,
                target,
                self.pipeline,
                self.pipeline.digest,
                cause=order.execution,
            )
        )


class ConditionsInAnyOrder(AnyOrder):
    """Random facts in random order, conditions and rollbacks among them."""

    lane: Ordered

    @initialize(
        mode=st.sampled_from(Mode),
        outdated=st.sampled_from((None, Outdated.STOP, Outdated.FINISH)),
        entry=st.sampled_from((ConditionResult.FAIL, ConditionResult.SKIP)),
        failure=st.sampled_from(("rules", "rollback", "retry", "fail")),
        kind=st.sampled_from(RefKind),
        before=st.integers(0, 2),
    )
    def begin(
        self,
        mode: Mode,
        outdated: Outdated | None,
        entry: ConditionResult,
        failure: str,
        kind: RefKind,
        before: int,
    ) -> None:
        what = "fail" if mode is Mode.PARALLEL else failure
        condition = asks(ConditionResult.ROLLBACK) if what == "rules" else Condition(ConditionResult(what))
        self.lane = Ordered(define(mode, outdated, entry, condition), Ref(kind, "1"))
        for _ in range(before):  # there is something to roll back to
            self.push()
            self.go_on(0, 100, "well")

    @rule()
    def push(self) -> None:
        self.lane.start(variables={"WHICH": str(len(self.lane.events))})

    @rule(pick=st.integers(0, 1000), steps=st.integers(0, 25), ends=st.sampled_from(("well", "badly", "unknown")))
    @precondition(lambda self: self.live())
    def go_on(self, pick: int, steps: int, ends: str) -> None:
        """All goes well for one, for a while, so that later stages are reached as well; and then, maybe, something does not."""
        live = self.live()
        name = live[pick % len(live)].id
        for step in range(steps + 1):
            execution = self.lane.state.executions.get(name)
            if execution is None or execution.status.ended or execution.waiting:
                return
            ok = step < steps or ends == "well"
            if self.lane.judging(name) is not None:
                error = ErrorCode.TIMEOUT if ends == "unknown" and not ok else None
                self.lane.judge(name, self._open(name), ok=ok, error=error)
                continue
            works = [run.name for run in execution.current.actions if run.status is ActionStatus.IN_PROGRESS]
            if works[:1] == ["go"]:
                verdict = Verdict.APPROVED if ok else Verdict.REJECTED
                self.lane.answer(verdict, execution=name, stage=execution.current.name, action="go")
            else:
                self.lane.finish(name, works[0], ok=ok)

    @rule(ends=st.sampled_from(("well", "badly", "unknown")), steps=st.integers(6, 25))
    def arrive_and_go_on(self, ends: str, steps: int) -> None:
        self.push()
        if self.live():
            self.go_on(len(self.live()) - 1, steps, ends)

    def judged(self) -> list[tuple[Execution, ConditionRun]]:
        inside = [e for e in self.live() if not e.waiting]
        return [(e, run) for e in inside if (run := self.lane.judging(e.id)) is not None]

    @rule(ok=st.booleans(), error=st.sampled_from((None, ErrorCode.TIMEOUT)), pick=st.integers(0, 1000))
    @precondition(lambda self: self.judged())
    def judge(self, ok: bool, error: ErrorCode | None, pick: int) -> None:
        judged = self.judged()
        execution, run = judged[pick % len(judged)]
        open_ = [each.name for each in run.rules if each.status is RuleStatus.IN_PROGRESS]
        self.lane.judge(execution.id, open_[pick % len(open_)], ok=ok, error=None if ok else error)

    @rule(pick=st.integers(0, 1000))
    @precondition(lambda self: self.judged())
    def wait(self, pick: int) -> None:
        judged = self.judged()
        execution, _ = judged[pick % len(judged)]
        self.lane.wait_for(execution.id, "two", self.lane.now + pick)

    @rule(name=st.sampled_from(STAGES))
    def override(self, name: str) -> None:
        self.lane.override(name)

    @rule(pick=st.integers(0, 1000), found=st.booleans())
    @precondition(lambda self: hasattr(self, "lane") and self.lane.ordered)
    def roll_back_as_ordered(self, pick: int, found: bool) -> None:
        self.lane.perform(self.lane.ordered[pick % len(self.lane.ordered)], found=found)

    @rule(name=st.sampled_from(STAGES), pick=st.integers(0, 1000))
    def roll_back(self, name: str, pick: int) -> None:
        found = self.lane.candidates(name)
        self.lane.roll_back(name, found[pick % len(found)].id if found else "")

    @rule(name=st.sampled_from(STAGES), pick=st.integers(0, 1000))
    @precondition(lambda self: hasattr(self, "lane") and (self.lane.ended or self.lane.state.executions))
    def roll_back_to_anything(self, name: str, pick: int) -> None:
        known = sorted({**self.lane.ended, **self.lane.state.executions})
        self.lane.roll_back(name, known[pick % len(known)])

    # --- what is true at any time ---

    @invariant()
    def a_condition_has_come_to_what_its_rules_have(self) -> None:
        """CND-1, CND-2, C8."""
        for condition in self.conditions():
            failed = [each for each in condition.rules if each.status is RuleStatus.FAILED]
            match condition.status:
                case ConditionStatus.SUCCEEDED:
                    assert all(each.status is RuleStatus.SUCCEEDED for each in condition.rules)
                case ConditionStatus.FAILED:
                    assert failed
                    assert not any(each.error for each in failed)
                case ConditionStatus.ERRORED:
                    assert any(each.error for each in failed)
                case ConditionStatus.IN_PROGRESS:
                    assert not failed

    @invariant()
    def what_ends_a_stage_is_judged_in_every_attempt_anew(self) -> None:
        """RET-7. And a rollback is judged by nothing (RBK-8)."""
        for execution in self.lane.state.executions.values() if hasattr(self, "lane") else ():
            for one in execution.stages:
                assert not one.conditions or execution.type is ExecutionType.STANDARD
                assert all(c.attempt == one.attempts for c in (one.on_success, one.on_failure) if c is not None)

    def conditions(self) -> list[ConditionRun]:
        known = {**self.lane.ended, **self.lane.state.executions}.values() if hasattr(self, "lane") else ()
        return [c for execution in known for run in execution.stages for c in run.conditions]

    @invariant()
    def whoever_is_inside_has_something_that_runs(self) -> None:
        for execution in self.live():
            if not execution.waiting:
                runs = [a for a in execution.current.actions if a.status is ActionStatus.IN_PROGRESS]
                rules = [r for c in execution.current.conditions for r in c.rules if r.status is RuleStatus.IN_PROGRESS]
                assert bool(runs) != bool(rules), "either actions run, or a condition is judged"

    @invariant()
    def whoever_waits_stands_in_exactly_one_line_for_a_reason(self) -> None:
        if not hasattr(self, "lane"):
            return
        slots = self.lane.state.slots
        for name, slot in slots.items():
            reason = slot.hold or slot.occupant or slot.rolling_back
            assert not slot.inbound or reason, f"they wait for {name} without a reason"
        lines = [(name, waiting) for name, slot in slots.items() for waiting in slot.inbound]
        assert sorted(lines) == sorted((e.current.name, e.id) for e in self.live() if e.waiting)

    @invariant()
    def nothing_older_is_ahead_of_what_it_waits_behind(self) -> None:
        """Not so with rollbacks, which go first, and with stages passed by hand."""

    @invariant()
    def a_stage_is_kept_for_a_rollback_only_while_one_is_ordered(self) -> None:
        if hasattr(self, "lane"):
            kept = {name: slot.rolling_back for name, slot in self.lane.state.slots.items() if slot.rolling_back}
            assert kept == {order.stage: order.execution for order in self.lane.ordered}

    @invariant()
    def rules_run_only_in_conditions_that_are_judged(self) -> None:
        if not hasattr(self, "lane"):
            return
        for execution in self.lane.state.executions.values():
            for stage_run in execution.stages:
                for condition in stage_run.conditions:
                    runs = any(each.status is RuleStatus.IN_PROGRESS for each in condition.rules)
                    assert runs == (condition.status is ConditionStatus.IN_PROGRESS)
                    assert not runs or stage_run is execution.current

    @invariant()
    def what_a_stage_last_succeeded_with_is_no_rollback(self) -> None:
        if hasattr(self, "lane"):
            for slot in self.lane.state.slots.values():
                if slot.last_success:
                    assert self.lane[slot.last_success].type is ExecutionType.STANDARD

    def teardown(self) -> None:
        if hasattr(self, "lane"):
            for name in STAGES:
                self.lane.release(name)
            for _ in range(1000):
                if not self.lane.ordered and not self.live():
                    break
                for order in list(self.lane.ordered):
                    self.lane.perform(order)
                for execution, _ in self.judged():
                    self.lane.judge(execution.id, self._open(execution.id))
                for execution, action in self.running():
                    self.lane.finish(execution.id, action)
                self._answer_all()
        super().teardown()

    def _open(self, execution: str) -> str:
        judging = self.lane.judging(execution)
        assert judging is not None
        return next(each.name for each in judging.rules if each.status is RuleStatus.IN_PROGRESS)

    def _answer_all(self) -> None:
        for execution in self.live():
            self.lane.answer(execution=execution.id, stage=execution.current.name, action="go")


ConditionsInAnyOrder.TestCase.settings = settings(stateful_step_count=40, deadline=None)
TestConditionsInAnyOrder = ConditionsInAnyOrder.TestCase
