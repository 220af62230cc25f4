"""One execution in this process with nobody to report to: the engine, the runner and the outbox, without inbox and hosts.

`penstock run` shows it; which adapters it is made of is `composition.run`'s to say.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from bot.core.effects import (
    AbandonAction,
    AbandonRule,
    Acknowledge,
    AnswerClaim,
    ClaimEnvironment,
    Effect,
    FindOwners,
    LeaveEnvironment,
    Notify,
    Refuse,
    RemindAt,
    Report,
    ReportInvalid,
    Say,
    StartAction,
    StartFollowers,
    StartRollback,
    StartRule,
    StartScheduled,
    WakeAt,
    WatchSource,
)
from bot.core.events import OwnersFound, StartRequested, StopRequested
from bot.core.owners import asks_owners
from bot.core.variables import resolver, substitute
from bot.messages.deployments import progress_words
from bot.messages.refusals import refusal_sentence
from bot.model.execution import ActionRun, ActionStatus, Execution, LaneKey, Trigger, TriggerKind
from bot.model.owners import Owners
from bot.model.people import Person
from bot.model.pipeline import DAY, Pipeline
from bot.model.revision import Revision
from bot.ports import ActionType, Clock, LogChunk, Logs, RuleType, Store
from bot.runtime.actions import ActionRunner
from bot.runtime.engine import Engine
from bot.runtime.environments import Environments
from bot.runtime.local_questions import LocalQuestions, answered_by_one
from bot.runtime.outbox import Outbox, Performer
from bot.runtime.rollbacks import Rollbacks
from bot.runtime.rules import RuleRunner
from bot.runtime.waits import Waits

SAID_AFTER = 0.5
"""Seconds after which it is said that what was stopped is still being cleared up."""

LOOK_EVERY = 0.03
"""Seconds between two looks for a log that has not begun."""


class View(Protocol):
    """What is told of a local run as it goes."""

    def changed(self, execution: Execution) -> None: ...

    async def follow(self, where: str, chunks: AsyncIterator[LogChunk]) -> None: ...

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None: ...

    def deploying(self, stage: str, words: str) -> None: ...

    def clearing_up(self) -> None: ...


class RunRefused(Exception):
    """The execution could not be started; the text says why."""


class LocalRun:
    """Runs one pipeline to its end. `stop` abandons it."""

    def __init__(
        self,
        store: Store,
        types: Mapping[str, ActionType],
        rules: Mapping[str, RuleType],
        logs: Logs,
        clock: Clock,
        places: asyncio.Semaphore,
        person: Person,
    ) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._person = person
        self._outbox = Outbox(store, clock)
        self._engine = Engine(store, self._outbox, self._watch)
        self._environments = Environments(store, self._engine, self._outbox, clock)
        self._runner = ActionRunner(Waits(store, self._outbox, clock), self._engine, types, places, clock, patience=0.0)
        self._rules = RuleRunner(self._engine, rules, self._runner.places, clock)
        self._rollbacks = Rollbacks(store, self._engine, clock)
        self._questions = LocalQuestions(self._engine, clock, person)
        self._ended = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._news: asyncio.Queue[Execution] = asyncio.Queue()
        self._stop_wanted = False
        self._left = asyncio.Event()
        self._stopping: asyncio.Task[object] | None = None
        self._view: View
        self._latest: Execution | None = None

    async def run(
        self,
        pipeline: Pipeline,
        lane: LaneKey,
        revision: Revision,
        variables: Mapping[str, str],
        view: View,
        *,
        approve: bool,
    ) -> Execution:
        """The ended execution. `approve`: every approval is given without asking, and no deployment waits for anybody. Raises RunRefused."""
        self._view = view
        self._questions.begin(view, yes=approve)
        await self._outbox.start(self._performers())
        start = StartRequested(
            id="start",
            at=self._clock.now(),
            execution=str(uuid.uuid4()),
            number=1,
            pipeline=answered_by_one(pipeline),
            revision=revision,
            trigger=Trigger(TriggerKind.MANUAL, self._person, "penstock run"),
            variables=variables,
            may_have_secrets=True,
            may_keep_cache=True,
        )
        decision = await self._engine.tell(lane, start)
        if decision is not None and decision.refusal is not None:
            raise RunRefused(refusal_sentence(decision.refusal))
        showing = asyncio.create_task(self._show())
        await self._ended.wait()
        await self._clear_up()
        await self._news.join()
        showing.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        assert self._latest is not None  # noqa: S101  it has ended
        return self._latest

    async def _clear_up(self) -> None:
        """What was stopped comes to its end: a deployment gives back its traffic, or goes back to what was there before."""
        if self._stopping is None:
            return
        await self._stopping
        over = asyncio.create_task(self._outbox.flushed((AbandonAction, AbandonRule), DAY))
        left = asyncio.create_task(self._left.wait())
        done, _ = await asyncio.wait({over, left}, timeout=SAID_AFTER, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            self._view.clearing_up()
            await asyncio.wait({over, left}, return_when=asyncio.FIRST_COMPLETED)
        for task in (over, left):
            task.cancel()

    def stop(self) -> None:
        """Abandon what runs; the run then ends as stopped. Once more: whatever it takes to clear up is left undone."""
        if self._stopping is not None:
            self._left.set()
        self._stop_wanted = True
        if self._stopping is None and self._latest is not None:
            self._questions.cancel()
            event = StopRequested("stop", self._clock.now(), abandon=True, by=self._person)
            self._stopping = asyncio.create_task(self._engine.tell(self._latest.lane, event))

    def deploying(self, execution: str) -> None:
        """A deployment of that execution has come further."""
        task = asyncio.create_task(self._tell_deployments(execution))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_deployments(self, execution: str) -> None:
        if self._latest is not None and not self._latest.status.ended:
            stage = self._latest.current.name
            found = await self._store.deployments(execution)
            self._view.deploying(stage, "; ".join(progress_words(found, stage)))

    async def close(self) -> None:
        await self._outbox.close()

    def _performers(self) -> Mapping[type[Effect], Performer]:
        async def nothing(_effect: object, _key: str) -> bool:
            return False

        quiet = Performer(nothing)
        silent: dict[type[Effect], Performer] = dict.fromkeys(
            (
                WakeAt,
                RemindAt,
                StartFollowers,
                StartScheduled,
                WatchSource,
                Report,
                Notify,
                ReportInvalid,
                Acknowledge,
                Refuse,
                Say,
            ),
            quiet,
        )
        return {
            **silent,
            StartAction: Performer(self._runner.start),
            FindOwners: Performer(self._no_owners),
            AbandonAction: Performer(self._runner.abandon),
            StartRule: Performer(self._rules.start),
            AbandonRule: Performer(self._rules.abandon),
            StartRollback: Performer(self._rollbacks.start),
            ClaimEnvironment: Performer(self._environments.tell),
            LeaveEnvironment: Performer(self._environments.tell),
            AnswerClaim: Performer(self._environments.answer),
        }

    async def _no_owners(self, effect: FindOwners, key: str) -> bool:
        """Whoever runs it here is the only one to be asked."""
        found = self._engine.known(effect.execution)
        if found is None:
            return False
        where = (effect.execution, effect.stage, effect.action, effect.attempt)
        await self._engine.tell(found.lane, OwnersFound(key, self._clock.now(), *where, Owners()), (key,))
        return True

    def _watch(self, _before: Execution | None, execution: Execution, pipeline: Pipeline) -> None:
        self._latest = execution
        self._news.put_nowait(execution)
        for run in execution.current.actions if not execution.waiting else ():
            if run.status is ActionStatus.IN_PROGRESS:
                self._attend(execution, pipeline, run)
        self._questions.waits(execution)
        if execution.status.ended:
            self._ended.set()
        elif self._stop_wanted:
            self.stop()

    def _attend(self, execution: Execution, pipeline: Pipeline, run: ActionRun) -> None:
        """Show an action's output, or see to an approval's answer; once an attempt."""
        where = f"{execution.current.name}/{run.name}"
        key = _key(execution.current.name, run)
        if key in self._tasks:
            return
        approval = pipeline.stage(execution.current.name).action(run.name).approval
        if approval is not None and asks_owners(approval) and run.owners is None:
            return  # nobody could answer yet
        if approval is None:
            self._tasks[key] = asyncio.create_task(self._view.follow(where, self._output(execution.id, run)))
        else:
            message = substitute(approval.message, resolver(pipeline, execution))
            self._tasks[key] = self._questions.approval(execution, run, message, approval.by)

    async def _show(self) -> None:
        """Tell each change in order; that an action has ended only once all its output has been shown."""
        while True:
            execution = await self._news.get()
            ended = [
                self._tasks[key]
                for stage in execution.stages
                for run in stage.actions
                if run.status is not ActionStatus.IN_PROGRESS and (key := _key(stage.name, run)) in self._tasks
            ]
            await asyncio.gather(*ended, return_exceptions=True)
            self._view.changed(execution)
            self._news.task_done()

    async def _output(self, execution: str, run: ActionRun) -> AsyncIterator[LogChunk]:
        """The action's output from its first byte to its last, although its log begins only once its checkout is ready, and is written in
        pieces where the action waits in between.
        """
        offset = 0
        while True:
            over = not self._runs(execution, run)
            async for chunk in self._logs.follow(run.log, offset):
                offset = chunk.next_offset
                if chunk.data or chunk.dropped:
                    yield chunk
            if over:
                return
            await asyncio.sleep(LOOK_EVERY)

    def _runs(self, execution: str, run: ActionRun) -> bool:
        known = self._engine.known(execution)
        if known is None or known.status.ended or known.waiting:
            return False
        return any(now.log == run.log and now.status is ActionStatus.IN_PROGRESS for now in known.current.actions)


def _key(stage: str, run: ActionRun) -> str:
    return f"{stage}/{run.name}/{run.attempt}"
