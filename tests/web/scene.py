"""A site on a real port with a store whose executions the real core decided, and people and actions that do as they are told."""

import hashlib
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast

from bot.core.decide import decide
from bot.core.effects import job_id, rule_job_id
from bot.core.events import (
    ActionFinished,
    ActionStarted,
    ApprovalAnswered,
    Event,
    HoldRequested,
    RetryRequested,
    RollbackRequested,
    RuleFinished,
    StartRequested,
    StopRequested,
)
from bot.model.approval import Verdict
from bot.model.condition import ConditionKind, RuleStatus
from bot.model.delivery import Delivery
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, LaneKey, Trigger, TriggerKind
from bot.model.people import Person, Role
from bot.model.pipeline import Action, Approve, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Commit, Provider
from bot.runtime.changes import Changes
from bot.runtime.metrics import Metrics
from bot.stores.memory import MemoryStore
from bot.web.site import AccessRules, Site
from tests.web.parts import FakeHost, MemoryLogs, WallClock

ADA, BEN = Person("ada", "1"), Person("ben", "2")
REPOSITORY = Repository("fake", "7", "acme/web")


def run(name: str, order: int = 1, command: str = "make") -> Action:
    return Action(name, Run((f"{command} {name}",)), run_order=order)


def approve(name: str = "go-live", order: int = 1, **how: Any) -> Action:
    return Action(name, Approve(**how), run_order=order)


WEB = Pipeline(
    "web",
    (
        Stage("build", (run("lint"), run("unit"), run("package", 2))),
        Stage("staging", (run("deploy", command="./deploy.sh"), run("smoke-test", 2))),
        Stage(
            "production",
            (
                approve(by=("team:acme/release", "user:ada"), count=2, self_approval=False, message="Release it?"),
                run("roll-out", 2, "./deploy.sh"),
            ),
        ),
    ),
    digest="web-1",
)


@dataclass
class Scene:
    """The world behind the pages."""

    clock: WallClock = field(default_factory=WallClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    logs: MemoryLogs = field(default_factory=MemoryLogs)
    changes: Changes = field(default_factory=Changes)
    metrics: Metrics = field(default_factory=Metrics)
    host: FakeHost = field(default_factory=FakeHost)
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count(1)

    def site(self, access: AccessRules | None = None, **how: Any) -> Site:
        how.setdefault("checks", {})
        return Site(
            store=self.store,
            logs=self.logs,
            providers={"fake": cast("Provider", self.host)},
            inbox=self,
            changes=self.changes,
            metrics=self.metrics,
            clock=self.clock,
            access=access or AccessRules(loopback=True, public_url="http://127.0.0.1"),
            schema=lambda: {"title": "pipeline"},
            **how,
        )

    async def accept(self, delivery: Delivery) -> bool:
        if any(known.id == delivery.id for known in self.deliveries):
            return False
        self.deliveries.append(delivery)
        return True

    # --- what happens ---

    async def tell(self, lane: LaneKey, event: Event) -> None:
        before = await self.store.load_lane(lane)
        decision = decide(before, event)
        assert decision.refusal is None, decision.refusal
        await self.store.commit(Commit(lane, event, before, decision.state, decision.effects, (), decision.retired))
        for execution in {*before.executions, *decision.state.executions}:
            self.changes.notify(execution)
        self.changes.notify(lane.id)

    async def start(
        self,
        message: str = "Fix the typo on the front page",
        pipeline: Pipeline = WEB,
        *,
        ref: Ref | None = None,
        repository: Repository = REPOSITORY,
        by: Person = ADA,
    ) -> Execution:
        ref = ref or Ref(RefKind.PULL_REQUEST, "7")
        number = await self.store.next_number(repository, pipeline.name)
        commit = hashlib.sha1(f"{number}{message}{ref}".encode()).hexdigest()
        pull = int(ref.name) if ref.kind is RefKind.PULL_REQUEST else None
        revision = Revision(commit, ref, branch=ref.name, pull_request=pull, author=by, message=message)
        kind = TriggerKind.PULL_REQUEST if pull else TriggerKind.PUSH
        lane = LaneKey(repository, pipeline.name, ref)
        name = f"{pipeline.name}-{repository.id}-{number}"
        event = StartRequested(self._id(), self.clock.now(), name, number, pipeline, revision, Trigger(kind, by))
        await self.tell(lane, event)
        return await self.now(name)

    async def begin(self, execution: Execution, action: str) -> str:
        """The action's work begins; its log's key comes back."""
        found = await self.now(execution)
        attempt = found.current.action(action).attempt
        event = ActionStarted(self._id(), self.clock.now(), found.id, found.current.name, action, attempt)
        await self.tell(found.lane, event)
        return job_id(found.id, found.current.name, action, attempt)

    async def finish(
        self,
        execution: Execution,
        *actions: str,
        ok: bool = True,
        took: float = 12.0,
        log: bytes | None = None,
        **how: Any,
    ) -> None:
        self.clock.offset += took
        for action in actions:
            found = await self.now(execution)
            run = found.current.action(action)
            key = job_id(found.id, found.current.name, action, run.attempt)
            await self.logs.write(key, log if log is not None else f"$ make {action}\nfine\n".encode(), complete=True)
            event = ActionFinished(
                self._id(),
                self.clock.now(),
                found.id,
                found.current.name,
                action,
                run.attempt,
                ActionStatus.SUCCEEDED if ok else ActionStatus.FAILED,
                started_at=self.clock.now() - took,
                log=key,
                **how,
            )
            await self.tell(found.lane, event if ok else replace(event, error=event.error or ErrorCode.JOB_FAILED))

    async def answer(self, execution: Execution, verdict: Verdict, by: Person = BEN, words: str = "") -> None:
        principals = ("team:acme/release", f"user:{by.login}")
        event = ApprovalAnswered(
            self._id(), self.clock.now(), by, Role.WRITE, verdict, words=words, principals=principals
        )
        await self.tell(execution.lane, replace(event, head=execution.revision.commit))

    async def stop(self, execution: Execution, reason: str = "", *, abandon: bool = False) -> None:
        await self.tell(execution.lane, StopRequested(self._id(), self.clock.now(), abandon, BEN, reason))

    async def retry(self, execution: Execution) -> None:
        await self.tell(execution.lane, RetryRequested(self._id(), self.clock.now(), BEN))

    async def hold(self, execution: Execution, stage: str, reason: str) -> None:
        await self.tell(execution.lane, HoldRequested(self._id(), self.clock.now(), BEN, stage, reason))

    async def judge(self, execution: Execution, rule: str, *, ok: bool = True, summary: str = "") -> None:
        """A rule of the entry condition is evaluated."""
        found = await self.now(execution)
        status = RuleStatus.SUCCEEDED if ok else RuleStatus.FAILED
        kind, attempt = ConditionKind.BEFORE_ENTRY, found.current.attempts
        log = rule_job_id(found.id, found.current.name, kind, rule, attempt)
        event = RuleFinished(
            self._id(), self.clock.now(), found.id, found.current.name, kind, rule, attempt, status, summary, log=log
        )
        await self.tell(found.lane, event)

    async def roll_back(self, target: Execution, stage: str) -> Execution:
        """Ben brings the stage back to that execution."""
        known = await self.store.execution(target.id)
        assert known is not None
        number = await self.store.next_number(target.lane.repository, target.lane.pipeline)
        name, trigger = f"{target.lane.pipeline}-{number}", Trigger(TriggerKind.MANUAL_ROLLBACK, BEN)
        event = RollbackRequested(
            self._id(), self.clock.now(), name, number, stage, trigger, known[0], known[1], target.definition
        )
        await self.tell(target.lane, event)
        return await self.now(name)

    async def now(self, execution: Execution | str) -> Execution:
        """The execution as it stands."""
        found = await self.store.execution(execution if isinstance(execution, str) else execution.id)
        assert found is not None
        return found[0]

    def _id(self) -> str:
        return f"event-{next(self._ids)}"
