"""One deployment of a group at a time (DPL-6), those that wait for something included; and how one that runs is told to stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from bot.locks import Locks
from bot.model.continuation import Continuation
from bot.model.deployment import Deployment, DeploymentError
from bot.model.deployment_wait import DeploymentWait
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, ActionOutcome, Store

AGAIN_IN = 15.0
"""Seconds after which a deployment asks again whether the one before it has ended."""


class Stop:
    """Whether a deployment is to be stopped (STO-1), and why: by somebody, or because its time is up."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.error = DeploymentError.MANUAL_STOP

    def set(self, error: DeploymentError = DeploymentError.MANUAL_STOP) -> None:
        if not self.event.is_set():
            self.error = error
            self.event.set()

    @contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """It is set when the time is up."""
        timer = asyncio.get_running_loop().call_later(seconds, self.set, DeploymentError.TIMEOUT)
        try:
            yield
        finally:
            timer.cancel()


class Turns:
    """`give_up` ends a deployment that nobody goes on with any more."""

    def __init__(self, store: Store, give_up: Callable[[Deployment], Awaitable[None]]) -> None:
        self._store = store
        self._give_up = give_up
        self._running: dict[str, tuple[Stop, asyncio.Event]] = {}
        self._groups: Locks[str] = Locks()

    @asynccontextmanager
    async def taken(self, group: str, job: str, tell: Callable[[str], None]) -> AsyncIterator[Stop]:
        lock = self._groups[group]
        if lock.locked():
            tell("Another deployment of this group is at work: waiting for its end (DPL-6).")
        async with lock:
            stop, over = self._running[job] = Stop(), asyncio.Event()
            try:
                yield stop
            finally:
                over.set()
                del self._running[job]

    async def stop(self, job: str, deployment: str) -> None:
        """Returns when it has ended. One that waits without running is ended here; one that has not begun has done nothing yet."""
        if job in self._running:
            stop, over = self._running[job]
            stop.set()
            await over.wait()
        known = await self._store.deployment(deployment)
        if known is None:
            return
        async with self._groups[known.group]:
            for one in await self._store.open_deployments(known.group):
                if _place(one) == _place(known):
                    await self._give_up(one)

    async def ahead(self, context: ActionContext, group: str) -> Deployment | None:
        """One of the group that waits for something, and is to be gone on with. To be asked in a turn. What is left of an action that
        has ended otherwise is ended, too.
        """
        for one in await self._store.open_deployments(group):
            if _place(one) == (context.execution.id, context.stage.name, context.action.name, context.attempt):
                continue
            if await self._goes_on(one):
                return one
            await self._give_up(one)
        return None

    async def _goes_on(self, deployment: Deployment) -> bool:
        found = await self._store.execution(deployment.execution)
        if found is None or found[0].status.ended:
            return False
        run = found[0].stage_run(deployment.stage).action(deployment.action)
        return run.attempt == deployment.attempt and run.status is ActionStatus.IN_PROGRESS


def _place(deployment: Deployment) -> tuple[str, str, str, int]:
    return deployment.execution, deployment.stage, deployment.action, deployment.attempt


def later(context: ActionContext, at: float, now: float, waits: DeploymentWait | None = None) -> ActionOutcome:
    """The action has not ended, and is performed again then; meanwhile it takes no place."""
    before = context.again or Continuation(now, now, now, 0)
    again = replace(before, at=at, heard=now, asked=before.asked + 1)
    return ActionOutcome(ActionStatus.IN_PROGRESS, before.since, again=again, waits=waits)
