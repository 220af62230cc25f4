"""How far a deployment is: kept as it goes, and written to the action's log; what the comment and the page say is read from there."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Self

import structlog

from bot.model.deployment import Deployment, EventRun, TargetRun, TargetStatus
from bot.ports import Store, StoreUnavailable

log = structlog.get_logger(__name__)

PACE = 0.5
"""Seconds between two times that progress is kept; ends are kept at once."""


def ended_line(deployment: Deployment) -> str:
    why = f": {deployment.message}" if deployment.message else ""
    return f"Deployment {deployment.id}: {deployment.status}{why}."


class Told:
    """One deployment, its newest state in `deployment`. Open for as long as it runs. `changed` is told when more is kept."""

    def __init__(
        self, deployment: Deployment, store: Store, line: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self.deployment = deployment
        self._store = store
        self._line = line
        self._changed = changed
        self._dirty = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.keep()
        self._keeping = asyncio.create_task(self._keep_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping

    def another(self, deployment: Deployment) -> "Told":
        """Of a deployment that follows from this one, told in the same places."""
        return Told(deployment, self._store, self._line, self._changed)

    async def keep(self) -> None:
        """Durable, once this returns. Raises StoreUnavailable."""
        self._dirty.clear()
        await self._store.keep_deployment(self.deployment)
        self._changed()

    def set(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._dirty.set()

    def line(self, words: str) -> None:
        self._line(words)

    def liner(self, target: str) -> Callable[[str], None]:
        """For what is printed on a target."""
        return lambda words: self._line(f"{target} | {words}")

    def run(self, name: str) -> TargetRun:
        return next(run for run in self.deployment.targets if run.name == name)

    def put(self, run: TargetRun) -> None:
        targets = tuple(run if one.name == run.name else one for one in self.deployment.targets)
        self.set(replace(self.deployment, targets=targets))

    def put_event(self, name: str, event: EventRun) -> None:
        run = self.run(name)
        events = tuple(event if one.event == event.event else one for one in run.events)
        self.put(replace(run, events=events))
        if event.status is TargetStatus.FAILED:
            self.line(f"{name} | {event.event} failed: {event.message}{f' ({event.code})' if event.code else ''}")
        elif event.status is TargetStatus.SUCCEEDED:
            self.line(f"{name} | {event.event} succeeded{f': {event.message}' if event.message else ''}")

    async def _keep_on(self) -> None:
        while True:
            await self._dirty.wait()
            try:
                await self.keep()
            except StoreUnavailable as error:
                log.warning("progress not kept", deployment=self.deployment.id, error=str(error))  # its end will be
            await asyncio.sleep(PACE)
