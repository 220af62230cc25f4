"""A lane driven by hand: tell it what happens, look at what it became. The core's tests speak through this."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.core.decide import decide
from bot.core.draft import Decision
from bot.core.effects import Effect, Report, StartAction, StartRollback, StartRule
from bot.core.events import (
    ActionFinished,
    ActionWaits,
    ApprovalAnswered,
    ApprovalExpired,
    ContinueRequested,
    Event,
    HoldRequested,
    OverrideRequested,
    ReleaseRequested,
    RetryRequested,
    RollbackRequested,
    RuleFinished,
    RuleWaits,
    StartRequested,
    StopRequested,
)
from bot.model.approval import Verdict
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, RuleStatus
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, LaneKey, StageStatus, Trigger, TriggerKind
from bot.model.lane import LaneState
from bot.model.people import Person, Role
from bot.model.pipeline import Action, Approve, Condition, ConditionResult, Mode, Pipeline, RetryMode, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision

ADA = Person("ada", "1")
BEN = Person("ben", "2")
REPOSITORY = Repository("local", "7", "acme/web")


def run(name: str, order: int = 1) -> Action:
    return Action(name, Run(("true",)), run_order=order)


def approve(name: str, order: int = 1, **how: Any) -> Action:
    return Action(name, Approve(**how), run_order=order)


def stage(name: str, *actions: Action, retry: RetryMode | None = None) -> Stage:
    on_failure = Condition(ConditionResult.RETRY, retry_mode=retry) if retry else None
    return Stage(name, actions or (run("work"),), on_failure=on_failure)


def pipeline(*stages: Stage, **how: Any) -> Pipeline:
    return Pipeline("web", stages, digest=how.pop("digest", "d1"), **how)


@dataclass
class Lane:
    """One lane of one pipeline. Execution ids are e1, e2, ... in the order of their starts."""

    pipeline: Pipeline
    ref: Ref = field(default_factory=lambda: Ref(RefKind.BRANCH, "main"))
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.state = LaneState(LaneKey(REPOSITORY, "web", self.ref))
        self.ended: dict[str, Execution] = {}
        self.events: list[Event] = []
        self._ids = count(1)
        self._numbers = count(1)
        self.last = Decision(self.state)

    # --- telling ---

    def tell(self, event: Event) -> Decision:
        self.events.append(event)
        self.last = decide(self.state, event)
        self.state = self.last.state
        self.ended |= {execution.id: execution for execution in self.last.retired}
        return self.last

    def _id(self) -> str:
        self.now += 1
        return f"event-{next(self._ids)}"

    def start(self, **how: Any) -> str:
        number = how.pop("number", None) or next(self._numbers)
        how.setdefault("variables", {})
        revision = Revision(f"{number:040x}", self.ref, author=how.pop("author", ADA))
        trigger = Trigger(TriggerKind.PUSH, ADA)
        wanted = how.pop("pipeline", self.pipeline)
        self.tell(StartRequested(self._id(), self.now, f"e{number}", number, wanted, revision, trigger, **how))
        return f"e{number}"

    def finish(self, execution: str, action: str = "work", *, ok: bool = True, **how: Any) -> Decision:
        found = self[execution]
        attempt = how.pop("attempt", found.current.action(action).attempt)
        status = ActionStatus.SUCCEEDED if ok else ActionStatus.FAILED
        how.setdefault("error", None if ok else ErrorCode.JOB_FAILED)
        how.setdefault("stage", found.current.name)
        event = ActionFinished(
            self._id(), self.now, execution, action=action, attempt=attempt, status=status, started_at=self.now, **how
        )
        return self.tell(event)

    def answer(
        self, verdict: Verdict = Verdict.APPROVED, by: Person = BEN, role: Role = Role.WRITE, **how: Any
    ) -> Decision:
        return self.tell(ApprovalAnswered(self._id(), self.now, by, role, verdict, **how))

    def expire(self, execution: str, action: str, attempt: int = 1) -> Decision:
        where = self[execution].current.name
        return self.tell(ApprovalExpired(self._id(), self.now, execution, where, action, attempt))

    def stop(self, *, abandon: bool = False, **how: Any) -> Decision:
        return self.tell(StopRequested(self._id(), self.now, abandon, BEN, **how))

    def retry(self, mode: RetryMode = RetryMode.FAILED_ACTIONS, **how: Any) -> Decision:
        return self.tell(RetryRequested(self._id(), self.now, BEN, mode, **how))

    def hold(self, name: str, reason: str = "") -> Decision:
        return self.tell(HoldRequested(self._id(), self.now, BEN, name, reason))

    def release(self, name: str) -> Decision:
        return self.tell(ReleaseRequested(self._id(), self.now, BEN, name))

    # --- conditions and rollbacks ---

    def judging(self, execution: str) -> ConditionRun | None:
        """The condition that is being judged now."""
        return next((c for c in self[execution].current.conditions if c.status is ConditionStatus.IN_PROGRESS), None)

    def judge(self, execution: str, rule: str, *, ok: bool = True, **how: Any) -> Decision:
        """A rule of the condition that is being judged was evaluated."""
        judging = self.judging(execution)
        assert judging is not None
        how.setdefault("condition", judging.kind)
        how.setdefault("attempt", judging.attempt)
        how.setdefault("stage", self[execution].current.name)
        status = RuleStatus.SUCCEEDED if ok else RuleStatus.FAILED
        return self.tell(RuleFinished(self._id(), self.now, execution, rule=rule, status=status, **how))

    def wait_for(self, execution: str, rule: str, until: float, **how: Any) -> Decision:
        judging = self.judging(execution)
        assert judging is not None
        where = self[execution].current.name
        event = RuleWaits(
            self._id(), self.now, execution, where, judging.kind, rule, judging.attempt, until=until, **how
        )
        return self.tell(event)

    def wait_to_go_on(self, execution: str, action: str, waits: DeploymentWait | None, **how: Any) -> Decision:
        """Whoever performs an action tells that it goes on later."""
        found, identity = self[execution], self._id()
        how.setdefault("attempt", found.current.action(action).attempt)
        again = Continuation(waits.until if waits else self.now, self.now, self.now)
        return self.tell(
            ActionWaits(identity, self.now, execution, found.current.name, action, again=again, waits=waits, **how)
        )

    def let_go(self, **how: Any) -> Decision:
        return self.tell(ContinueRequested(self._id(), self.now, BEN, **how))

    def override(self, name: str, reason: str = "", **how: Any) -> Decision:
        return self.tell(OverrideRequested(self._id(), self.now, BEN, name, reason, **how))

    def roll_back(self, name: str, target: str = "", **how: Any) -> Decision:
        """By hand; `target` as it ended, "" for none."""
        number = next(self._numbers)
        how.setdefault("trigger", Trigger(TriggerKind.MANUAL_ROLLBACK, BEN))
        how.setdefault("current", self.pipeline.digest)
        found = self[target] if target else None
        event = RollbackRequested(
            self._id(), self.now, f"e{number}", number, name, target=found, pipeline=self.pipeline, **how
        )
        return self.tell(event)

    def roll_back_as_ordered(self, target: str = "") -> Decision:
        """What the runtime does about the `StartRollback` of the last decision."""
        order = next(effect for effect in self.last.effects if isinstance(effect, StartRollback))
        trigger = Trigger(TriggerKind.AUTOMATED_ROLLBACK)
        return self.roll_back(order.stage, target, trigger=trigger, cause=order.execution)

    @property
    def evaluated(self) -> list[str]:
        """The rules that the last decision ordered to be evaluated, as `e1/prod/before_entry:hours/1`."""
        return [effect.job for effect in self.last.effects if isinstance(effect, StartRule)]

    def condition(self, execution: str, name: str, kind: ConditionKind) -> str:
        found = self[execution].stage_run(name).condition(kind)
        return "" if found is None else str(found.status)

    # --- looking ---

    def __getitem__(self, execution: str) -> Execution:
        found = self.state.executions.get(execution) or self.ended.get(execution)
        assert found is not None, f"no execution {execution}"
        return found

    def status(self, execution: str) -> str:
        return str(self[execution].status)

    def where(self, execution: str) -> str:
        """`waits for prod`, `in prod`, or the status it ended with."""
        found = self[execution]
        if found.status.ended:
            return str(found.status)
        return f"{'waits for' if found.waiting else 'in'} {found.current.name}"

    def stages(self, execution: str) -> list[StageStatus]:
        return [run.status for run in self[execution].stages]

    def actions(self, execution: str) -> dict[str, str]:
        return {f"{s.name}/{a.name}": str(a.status) for s in self[execution].stages for a in s.actions}

    @property
    def started(self) -> list[str]:
        """What the last decision ordered to be started, as `e1/build/work/1`."""
        return [
            f"{e.execution}/{e.stage}/{e.action}/{e.attempt}" for e in self.last.effects if isinstance(e, StartAction)
        ]

    @property
    def orders(self) -> list[Effect]:
        """The last decision's effects but for reports."""
        return [effect for effect in self.last.effects if not isinstance(effect, Report)]


def modes() -> list[Mode]:
    return list(Mode)
