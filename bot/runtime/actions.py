"""Performs the effects that start and abandon actions: when there is a free place, by the action type that fits the work.

What an action does is in `bot.actions`, where it does it in `bot.executors`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.core.effects import AbandonAction, Effect, StartAction, job_id
from bot.core.events import ActionFinished, ActionStarted
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution
from bot.model.failing import Failing
from bot.model.pipeline import Pipeline
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ActionType,
    Clock,
    ClusterUnavailable,
    HostRefused,
    HostUnavailable,
    StorageUnavailable,
    StoreUnavailable,
    no_space,
)
from bot.runtime import outages
from bot.runtime.action_events import finished, held_up, once, started
from bot.runtime.deployment_waits import started_as, told_to_wait
from bot.runtime.engine import Engine
from bot.runtime.failing import GOES_ON_AFTER, PATIENCE, Failures
from bot.runtime.waits import Waits, is_news

log = structlog.get_logger(__name__)

TELL_AFTER = 0.25
"""Seconds after which a running action is told as started. Shorter ones are told once, when they end."""


@dataclass(slots=True)
class _Running:
    """An action at work: the task that sees to it until it is told, and the work itself."""

    task: asyncio.Task[Any]
    work: asyncio.Task[ActionOutcome]
    abandoned: bool = False


class ActionRunner:
    """Runs as many actions at once as there are `places`. `pause` lets running ones finish and starts no more."""

    def __init__(
        self,
        waits: Waits,
        engine: Engine,
        types: Mapping[str, ActionType],
        places: asyncio.Semaphore,
        clock: Clock,
        tell_after: float = TELL_AFTER,
        patience: float = PATIENCE,
    ) -> None:
        self._waits = waits
        self._engine = engine
        self._types = types
        self.places = places
        self._clock = clock
        self._tell_after = tell_after
        self.failures = Failures(patience)
        self._outages = outages.Outages()
        self._running: dict[str, _Running] = {}
        self._untold: dict[str, tuple[ActionContext, ActionFinished]] = {}
        self._open = asyncio.Event()
        self._open.set()

    @property
    def running(self) -> int:
        return len(self._running)

    def pause(self) -> None:
        self._open.clear()

    async def finished(self, within: float) -> bool:
        """Wait until nothing runs, at most so many seconds."""
        if not self._running:
            return True
        _, pending = await asyncio.wait([one.task for one in self._running.values()], timeout=within)
        return not pending

    async def sweep(self, effects: Sequence[Effect]) -> None:
        """Before anything is performed: of a former life's jobs, only those that are still ordered are wanted."""
        wanted = [job_id(e.execution, e.stage, e.action, e.attempt) for e in effects if isinstance(e, StartAction)]
        for action_type in set(self._types.values()):
            await action_type.sweep(wanted)

    async def start(self, effect: StartAction, key: str) -> bool:
        """Perform an action to its end, and tell the lane, settling the effect with it."""
        if key not in self._untold:
            try:
                ended = await self._run(effect)
            except StoreUnavailable:
                raise
            except HostUnavailable as error:
                await self._held_up(effect, error)
                raise
            except Exception as error:  # noqa: BLE001  whatever it was, the action is tried again, or fails of it
                return await self._failed(effect, key, error)
            self._over(_job(effect))
            if ended is None:
                self._waits.over(key)
                return False  # abandoned, or tried anew, before it began
            context, outcome = ended
            if outcome.again is not None:
                await self._go_on_later(
                    replace(effect, again=outcome.again, failing=None), effect.failing, context, outcome
                )
                return True
            self._untold[key] = context, finished(self._clock.now(), context, outcome)
        # Kept until it is told: while the store fails, an end is not to be found out a second time.
        context, end = self._untold[key]
        await self._engine.tell(context.execution.lane, end, (key,))
        del self._untold[key]
        self._waits.over(key)
        await self._type(context).forget(context.job)
        return True

    async def _failed(self, effect: StartAction, key: str, error: Exception) -> bool:
        """It could not be performed: it is tried again later, and after a while it fails, lest its execution waits for ever."""
        context, now = await self._context(effect), self._clock.now()
        if context is None:
            self._over(_job(effect))
            self._waits.over(key)
            return False
        failing = self.failures.failed(context.job, context.action.region, effect.failing, error, now)
        log.warning(
            "action not performed",
            job=context.job,
            seconds=failing.at - now if failing else None,
            error=str(error),
            exc_info=not isinstance(error, StorageUnavailable | ClusterUnavailable),
        )
        if failing is None:
            await self.give_up(effect, key, error)
            return True
        outage = self.failures.told(context.action.region, error, failing, now)
        if not outage.same(context.run.outage):
            await self._tell(context, held_up(context, outage, once("failing", failing)))
        await self._waits.tried_again(replace(effect, failing=failing))
        return True

    async def _held_up(self, effect: StartAction, error: HostUnavailable) -> None:
        """By a host, which is waited for without end; people are told once it lasts."""
        context = await self._context(effect)
        if context is None:
            self._over(_job(effect))
            return
        outage = self._outages.lasting(context.job, context.run.outage, error, self._clock.now())
        if outage is not None:
            await self._tell(context, held_up(context, outage, once("held", None, outage)))

    def _over(self, job: str) -> None:
        """Nothing that fails keeps it any more."""
        self.failures.over(job)
        self._outages.over(job)

    async def give_up(self, effect: StartAction, key: str, error: Exception) -> None:
        """The action fails, since it could not be performed. What is left of its work goes."""
        context = await self._context(effect)
        if context is None:
            return
        summary = self.failures.given_up(context.action.region, error)
        failed = ActionOutcome(ActionStatus.FAILED, self._clock.now(), summary, ErrorCode.SYSTEM_UNAVAILABLE)
        await self._engine.tell(context.execution.lane, finished(self._clock.now(), context, failed), (key,))
        self._waits.over(key)
        await self._type(context).abandon(context.job)
        await self._type(context).forget(context.job)

    async def _go_on_later(
        self, effect: StartAction, failing: Failing | None, context: ActionContext, outcome: ActionOutcome
    ) -> None:
        """In the place of the order that was performed: from then on it is this one that a crash leaves behind."""
        again, now = effect.again, self._clock.now()
        assert again is not None  # noqa: S101  whoever goes on later says when
        if await told_to_wait(self._engine, now, effect, context, outcome):
            await self._waits.ordered(effect)
            return
        told = context.again.told if context.again is not None else 0.0
        outage = context.run.outage
        if failing is not None or outage is not None or is_news(context, outcome, now):
            what = f"waits{context.again.asked if context.again is not None else ''}" if outcome.summary else "started"
            await self._started(
                context, again.since, once(what, failing, outage), outcome.summary, outcome.external_url
            )
            told = now
        await self._waits.later(replace(effect, again=replace(again, told=told)))
        found = await self._context(effect)
        if found is not None and found.run.let_go != context.run.let_go:  # that order was replaced by this one
            await self._waits.later(replace(effect, again=replace(again, at=now, told=told)))

    async def _run(self, effect: StartAction) -> tuple[ActionContext, ActionOutcome] | None:
        async with self.places:
            context = await self._admitted(effect)
            if context is None:
                return None
            task = asyncio.current_task()
            assert task is not None  # noqa: S101  a coroutine always runs in a task
            running = _Running(task, asyncio.create_task(self._perform(context, effect.failing)))
            self._running[context.job] = running
            try:
                outcome = await running.work
            except asyncio.CancelledError:
                if not running.abandoned:
                    raise
                outcome = ActionOutcome(ActionStatus.ABANDONED, self._clock.now(), "abandoned")
            finally:
                del self._running[context.job]
        return context, outcome

    async def _admitted(self, effect: StartAction) -> ActionContext | None:
        """Wait until actions may start; looked at again afterwards, since a pause may come while the store is read."""
        while True:
            await self._open.wait()
            context = await self._context(effect)
            if self._open.is_set():
                return context

    async def abandon(self, effect: AbandonAction, _key: str) -> bool:
        """Kill an action's work. Its performer then tells an end that no longer counts, and so settles its own effect."""
        job = _job(effect)
        self._waits.over(StartAction(effect.execution, effect.stage, effect.action, effect.attempt).key)
        for action_type in set(self._types.values()):
            await action_type.abandon(job)
        running = self._running.get(job)
        if running is not None:  # it was still being prepared: there was nothing to kill, and there shall be nothing
            running.abandoned = True
            running.work.cancel()
        return False

    async def _perform(self, context: ActionContext, failing: Failing | None) -> ActionOutcome:
        began = context.again.since if context.again is not None else self._clock.now()
        has_all = asyncio.Event()
        context = replace(context, has_all=has_all.set)
        told = asyncio.create_task(self._tell_started(context, failing, has_all))
        try:
            return await self._type(context).perform(context)
        except HostRefused as error:
            # Asking again would not help; and the outbox would settle the order, after which nobody ends the action.
            log.warning("action refused by its host", job=context.job, error=str(error))
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.PERMISSION)
        except Exception as error:
            full = no_space(error, "the work trees")
            if full is None:
                raise
            log.warning("no space left for an action", job=context.job, error=str(error))
            return ActionOutcome(ActionStatus.FAILED, began, str(full), ErrorCode.SYSTEM_UNAVAILABLE)
        finally:
            told.cancel()

    async def _tell_started(self, context: ActionContext, failing: Failing | None, has_all: asyncio.Event) -> None:
        """Told anew after an outage, once it has what it missed, or has gone on for longer than any failing takes: it waits no more."""
        began, outage = self._clock.now(), context.run.outage
        if failing is None and outage is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(has_all.wait(), outages.GOES_ON_AFTER)
        else:
            await asyncio.sleep(self._tell_after if failing is None else GOES_ON_AFTER)
        if name := started_as(context, began):
            said = context.run.summary if failing is None else ""
            await self._started(context, began, once(name, failing, outage), said)

    async def _started(
        self, context: ActionContext, began: float, what: str, waits: str = "", external_url: str = ""
    ) -> None:
        await self._tell(context, started(context, began, what, waits, external_url))

    async def _tell(self, context: ActionContext, event: ActionStarted) -> None:
        # Shielded: a decision, once begun, is seen through, even when the action ends meanwhile.
        try:
            await asyncio.shield(self._engine.tell(context.execution.lane, event))
        except StoreUnavailable as error:
            log.warning("start not told", job=context.job, error=str(error))  # its end will be

    async def _context(self, effect: StartAction) -> ActionContext | None:
        found = await self._engine.execution(effect.execution)
        if found is None or not _is_current(effect, *found):
            return None
        execution, pipeline = found
        stage = pipeline.stage(effect.stage)
        return ActionContext(execution, pipeline, stage, stage.action(effect.action), effect.attempt, effect.again)

    def _type(self, context: ActionContext) -> ActionType:
        return self._types[context.action.work.kind]


def _job(effect: StartAction | AbandonAction) -> str:
    return job_id(effect.execution, effect.stage, effect.action, effect.attempt)


def _is_current(effect: StartAction, execution: Execution, _pipeline: Pipeline) -> bool:
    if execution.status.ended or execution.waiting or execution.current.name != effect.stage:
        return False
    run = execution.current.action(effect.action)
    return run.attempt == effect.attempt and run.status is ActionStatus.IN_PROGRESS
