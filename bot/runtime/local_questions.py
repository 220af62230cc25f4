"""What a local run asks whoever runs it: for approvals, and whether deployments that wait may go on. With `--yes` nobody is asked."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Protocol

from bot.core.events import ApprovalAnswered, ContinueRequested
from bot.core.letting_go import waiting_in
from bot.messages.deployment_waits import WAITS, until_words
from bot.model.approval import Verdict
from bot.model.deployment_wait import DeploymentWait
from bot.model.execution import ActionRun, Execution
from bot.model.people import Person, Role
from bot.model.pipeline import Action, Approve, Pipeline
from bot.ports import Clock
from bot.runtime.engine import Engine


def answered_by_one(pipeline: Pipeline) -> Pipeline:
    """Whoever runs it answers for all who would have to: nobody else ever comes to give a second answer, or one in the author's stead."""
    stages = tuple(replace(stage, actions=tuple(map(_by_one, stage.actions))) for stage in pipeline.stages)
    return replace(pipeline, stages=stages)


def _by_one(action: Action) -> Action:
    if not isinstance(action.work, Approve):
        return action
    return replace(action, work=replace(action.work, count=1, self_approval=True))


class Asks(Protocol):
    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None:
        """Whether to, and why; None when there is nobody to ask."""


class LocalQuestions:
    """`begin` says who asks, and whether the answer is yes to everything."""

    def __init__(self, engine: Engine, clock: Clock, person: Person) -> None:
        self._engine = engine
        self._clock = clock
        self._person = person
        self._asks: Asks
        self._yes = False
        self._open: dict[str, asyncio.Task[None]] = {}

    def begin(self, asks: Asks, *, yes: bool) -> None:
        self._asks = asks
        self._yes = yes

    def approval(self, execution: Execution, run: ActionRun, message: str, by: tuple[str, ...]) -> asyncio.Task[None]:
        """Asked, and the answer told to the lane."""
        return self._asked(f"answer:{_key(execution, run)}", self._approve(execution, run, message, by))

    def waits(self, execution: Execution) -> None:
        """Each wait is asked about once, and no more when it is over; whoever says no, or can't be asked, waits."""
        standing = {f"{_key(execution, run)}:{wait.type}": (run, wait) for run, wait in waiting_in(execution)}
        for name, task in self._open.items():
            over = name.startswith("wait:") and name.removeprefix("wait:") not in standing
            if over and task is not asyncio.current_task():  # which has just told that it is
                task.cancel()
        for name, (run, wait) in standing.items():
            if f"wait:{name}" not in self._open:
                self._asked(f"wait:{name}", self._go_on(execution, run, wait))

    def cancel(self) -> None:
        for task in self._open.values():
            task.cancel()

    def _asked(self, name: str, question: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._open[name] = asyncio.create_task(question)
        return task

    async def _approve(self, execution: Execution, run: ActionRun, message: str, by: tuple[str, ...]) -> None:
        stage = execution.current.name
        answer = (True, "--yes") if self._yes else await self._asks.ask(f"{stage}/{run.name}", message)
        approved, words = answer or (False, "there is nobody to ask here; --yes approves")
        event = ApprovalAnswered(
            id=f"answer:{_key(execution, run)}",
            at=self._clock.now(),
            by=self._person,
            role=Role.ADMIN,
            verdict=Verdict.APPROVED if approved else Verdict.REJECTED,
            stage=stage,
            action=run.name,
            words=words,
            principals=by,
        )
        await self._engine.tell(execution.lane, event)

    async def _go_on(self, execution: Execution, run: ActionRun, wait: DeploymentWait) -> None:
        stage = execution.current.name
        where, message = f"{stage}/{run.name}", f"It {WAITS[wait.type]} {until_words(wait)}"
        answer = (True, "") if self._yes else await self._asks.ask(where, message, "continue")
        if answer is not None and answer[0]:
            identity = f"continue:{_key(execution, run)}:{wait.type}"
            event = ContinueRequested(identity, self._clock.now(), self._person, stage, run.name, execution.id)
            await self._engine.tell(execution.lane, event)


def _key(execution: Execution, run: ActionRun) -> str:
    return f"{execution.current.name}/{run.name}/{run.attempt}"
