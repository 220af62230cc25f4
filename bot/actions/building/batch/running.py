"""One batch as it goes on: its builds begun when they may, each noted as it begins and ends, and stopped when that is asked for.

Everything is kept before the next step: a later life goes on with what there is, and finds builds that ran by their names.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.actions.building.batch import plan, words
from bot.actions.building.batch.places import SideBySide
from bot.actions.building.build import Builder, Built, Order
from bot.model.batch import BatchPhase, BatchRun, BuildStatus
from bot.model.buildspec import Batch, BatchBuild
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import ActionOutcome, Clock

_OWN_FAULT = (ErrorCode.INTERRUPTED, ErrorCode.SYSTEM_UNAVAILABLE, ErrorCode.REVISION_UNAVAILABLE)


class Running:
    """`run` is how far it is; `abandoned`: it was asked to stop. `keep` makes that durable, `order` says what a build is, `kept` takes what it has come to, `tell` has
    lines for the action's log, and `tail` the end of a build's own log.
    """

    def __init__(
        self,
        batch: Batch,
        run: BatchRun,
        builder: Builder,
        places: asyncio.Semaphore,
        clock: Clock,
        keep: Callable[[BatchRun], Awaitable[None]],
        order: Callable[[BatchBuild], Order],
        kept: Callable[[BatchBuild, Built], Awaitable[None]],
        tell: Callable[[Sequence[str]], None],
        tail: Callable[[str], Awaitable[str]],
    ) -> None:
        self.run = run
        self.abandoned = False
        self.batch = batch
        self._builder = builder
        self._side = SideBySide(places)
        self._clock = clock
        self._keep = keep
        self._order = order
        self._kept = kept
        self._tell = tell
        self._tail = tail
        self._keeping = asyncio.Lock()
        self._halting = ""
        self._error: Exception | None = None

    async def work_off(self) -> None:
        """Until every build has ended, or never will begin. Raises what kept one from being seen through, once the others have ended."""
        await self._side.work_off(self._next, self._build, self._settle)
        if self._error is not None and not self._halting:
            raise self._error

    async def stop(self) -> None:
        """Kill what runs, and begin no more. Returns when nothing is left, and that is durable."""
        self.abandoned = True
        await self._halt("abandoned")
        over = plan.abandoned(self.run)
        await self.change(replace(over, phase=BatchPhase.STOPPED, ended_at=self._clock.now()))

    async def change(self, run: BatchRun) -> None:
        self.run = run
        async with self._keeping:  # the last one to be written is the newest
            await self._keep(self.run)

    def _next(self) -> list[str]:
        if self._halting or self._error is not None:
            return []
        begun = set(self._side.running.values())
        return [name for name in plan.ready(self.batch, self.run) if name not in begun]

    async def _settle(self) -> None:
        """BAT-3, BAT-4: what never begins is said so; what still runs is stopped when the batch is lost."""
        settled = plan.settled(self.batch, self.run)
        if settled is not self.run:
            before = {build.identifier: build.status for build in self.run.builds}
            self._tell([words.ended(build) for build in settled.builds if build.status is not before[build.identifier]])
            await self.change(settled)
        if plan.lost(self.batch, self.run) and self._side.running:
            await self._halt("stopped: a build failed, and the batch is to fail fast")

    async def _halt(self, why: str) -> None:
        self._halting = why
        tasks = list(self._side.running)
        await asyncio.gather(*(self._builder.abandon(self._job(name)) for name in self._side.running.values()))
        for task in tasks:  # one that was being prepared, or finished: there was nothing to kill
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _build(self, identifier: str) -> None:
        build = self.batch.builds[plan.place_of(self.batch, identifier)]
        try:
            began = self.run.build(identifier).started_at or self._clock.now()
            await self._note(identifier, status=BuildStatus.IN_PROGRESS, started_at=began)
            order = self._order(build)
            if order.timeout > 0:
                await self._ended(build, await self._builder.build(order))
            else:
                await self._note(
                    identifier,
                    status=BuildStatus.TIMED_OUT,
                    message="the action's time was over",
                    error=ErrorCode.TIMEOUT,
                )
        except asyncio.CancelledError:
            if not self._halting:
                raise
            await self._note(identifier, status=BuildStatus.STOPPED, ended_at=self._clock.now(), message=self._halting)
        except Exception as error:  # noqa: BLE001  whatever it was, the other builds are seen through before it is raised
            self._error = self._error or error
            return
        self._tell([words.ended(self.run.build(identifier))])

    async def _ended(self, build: BatchBuild, built: Built) -> None:
        """Its results are kept before its end is: an end counts only with them."""
        outcome, identifier = built.outcome, build.identifier
        status = status_of(outcome)
        await self._kept(build, built)
        await self._note(
            identifier,
            status=status,
            started_at=outcome.started_at,
            ended_at=self._clock.now(),
            message=(self._halting or outcome.summary) if status is BuildStatus.STOPPED else outcome.summary,
            error=outcome.error,
            outputs={f"{identifier}_{name}": value for name, value in outcome.outputs.items()},
            artifacts=outcome.artifacts,
        )
        if status.bad:
            lines = await self._tail(self._job(identifier))
            self._tell([*words.last_lines(self.run.build(identifier), lines)])

    async def _note(self, identifier: str, **changes: Any) -> None:
        """Whichever task changed the batch meanwhile: of it one build is changed."""
        builds = tuple(replace(one, **changes) if one.identifier == identifier else one for one in self.run.builds)
        await self.change(replace(self.run, builds=builds))

    def _job(self, identifier: str) -> str:
        return self._order(self.batch.builds[plan.place_of(self.batch, identifier)]).job


def resumed(run: BatchRun) -> BatchRun:
    """As a later life goes on with it: builds that had begun are begun again, and found."""
    builds = tuple(
        replace(build, status=BuildStatus.PENDING) if build.status is BuildStatus.IN_PROGRESS else build
        for build in run.builds
    )
    return replace(run, builds=builds)


def status_of(outcome: ActionOutcome) -> BuildStatus:
    """BAT-2."""
    if outcome.status is ActionStatus.SUCCEEDED:
        return BuildStatus.SUCCEEDED
    if outcome.status is ActionStatus.ABANDONED:
        return BuildStatus.STOPPED
    if outcome.error is ErrorCode.TIMEOUT:
        return BuildStatus.TIMED_OUT
    return BuildStatus.FAULT if outcome.error in _OWN_FAULT else BuildStatus.FAILED
