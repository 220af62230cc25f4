"""The scripts of one event, on all targets of a set at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.actions.deploying.servers.lifecycle import left
from bot.actions.deploying.servers.rollout import MOST_AT_ONCE
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.core.deployments.lifecycle import PREVIOUS_REVISION
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import EventRun, TargetStatus
from bot.ports import TargetLost, Targets, TargetSession, Whose


class Stopped(Exception):
    """Somebody stops the deployment, or its time is up: nothing more is begun."""


class Hooks:
    """`env` is that of every script."""

    def __init__(
        self, targets: Targets, told: Told, env: Mapping[str, str], stop: Stop, *, ignore_stop_failures: bool = False
    ) -> None:
        self._targets = targets
        self._told = told
        self._env = env
        self._stop = stop
        self._ignore_stop_failures = ignore_stop_failures

    async def run(
        self, names: Sequence[str], event: LifecycleEvent, after: TargetStatus, whose: Whose = ""
    ) -> Sequence[str]:
        """Where it has failed. Targets on which it has ended already are passed over; all others then have the status `after`, or Failed.
        Kept before the first script begins, so that none is begun again by a later life. Raises Stopped.
        """
        due = [name for name in names if self._is_due(name, event)]
        for name in due:
            self._told.put(replace(self._told.run(name), status=TargetStatus.IN_PROGRESS))
            self._told.put_event(name, EventRun(event, TargetStatus.IN_PROGRESS))
        if due:
            await self._told.keep()
        slots = asyncio.Semaphore(MOST_AT_ONCE)

        async def one(name: str) -> None:
            async with slots:
                await self._one(name, event, after, whose)

        waiting = {asyncio.create_task(one(name)) for name in due}
        running = set(waiting)
        stopping = asyncio.create_task(self._stop.event.wait())
        try:
            while waiting:
                done, _ = await asyncio.wait([*waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
                if stopping in done:
                    raise Stopped
                waiting -= done
        finally:
            stopping.cancel()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for name in due:  # one that was stopped
                if self._told.run(name).status is TargetStatus.IN_PROGRESS:
                    words = "it was stopped in the middle"
                    self._told.put(left(self._told.run(name), TargetStatus.UNKNOWN, words))
        for task in running:
            task.result()
        return [name for name in names if self._told.run(name).status is TargetStatus.FAILED]

    def _is_due(self, name: str, event: LifecycleEvent) -> bool:
        return any(run.event is event and run.status is TargetStatus.PENDING for run in self._told.run(name).events)

    async def _one(self, name: str, event: LifecycleEvent, after: TargetStatus, whose: Whose) -> None:
        told, deployment = self._told, self._told.deployment
        session: TargetSession | None = None
        try:
            session = await self._targets.reach(name, deployment.group, deployment.id, told.liner(name))
            run = await session.hooks(event, self._env, whose)
        except TargetLost as error:
            run = EventRun(event, TargetStatus.FAILED, message=str(error))
        finally:
            if session is not None:
                await session.close()
        told.put_event(name, run)
        passed_over = self._ignore_stop_failures and event in PREVIOUS_REVISION  # REV-4
        if run.status is TargetStatus.FAILED and not passed_over:
            told.put(left(told.run(name), TargetStatus.FAILED, ""))
        else:
            told.put(replace(told.run(name), status=after))
