"""Performs the effects that evaluate rules and abandon them, by the rule type that fits. How a rule is evaluated is in `bot.rules`.

A look at a rule is not remembered until the lane has been told of it; what a crash cuts off is looked at again.
"""

import asyncio
from collections.abc import Mapping

import structlog

from bot.core.effects import AbandonRule, StartRule
from bot.core.events import RuleFinished, RuleWaits
from bot.model.condition import ConditionStatus, RuleRun, RuleStatus
from bot.model.error import ErrorCode
from bot.model.execution import Execution
from bot.ports import Clock, RuleContext, RuleOutcome, RuleType
from bot.runtime.engine import Engine

log = structlog.get_logger(__name__)


class RuleRunner:
    """Rules that do work take one of `places`, as actions do; all others are evaluated as soon as they are due."""

    def __init__(self, engine: Engine, types: Mapping[str, RuleType], places: asyncio.Semaphore, clock: Clock) -> None:
        self._engine = engine
        self._types = types
        self._places = places
        self._clock = clock
        self._running: dict[str, asyncio.Task[RuleOutcome]] = {}
        self._open = asyncio.Event()
        self._open.set()

    def pause(self) -> None:
        """Look at nothing more in this life."""
        self._open.clear()

    async def start(self, effect: StartRule, key: str) -> bool:
        """Look at a rule, and tell the lane what came of it, settling the effect with it."""
        await self._open.wait()
        context = await self._context(effect)
        if context is None:
            return False  # abandoned, or judged anew since
        outcome = await self._look(context)
        if outcome is None:
            return False  # abandoned meanwhile
        await self._engine.tell(context.execution.lane, _event(context, outcome, self._clock.now()), (key,))
        if outcome.holds is not None:
            await self._types[context.rule.kind].forget(context.job)
        return True

    async def give_up(self, effect: StartRule, key: str, error: Exception) -> None:
        """It could not even be looked at, again and again: it counts as not evaluated, lest its stage is held for ever."""
        context = await self._context(effect)
        if context is not None:
            summary = f"Penstock could not evaluate it: {type(error).__name__}"
            outcome = RuleOutcome(holds=False, summary=summary, error=ErrorCode.SYSTEM_UNAVAILABLE)
            await self._engine.tell(context.execution.lane, _event(context, outcome, self._clock.now()), (key,))

    async def abandon(self, effect: AbandonRule, _key: str) -> bool:
        for rule_type in set(self._types.values()):
            await rule_type.abandon(effect.job)
        running = self._running.get(effect.job)
        if running is not None:
            running.cancel()
        return False

    async def _look(self, context: RuleContext) -> RuleOutcome | None:
        if context.left <= 0:
            return _too_late(context)
        work = asyncio.create_task(self._evaluate(context))
        self._running[context.job] = work
        try:
            return await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                work.cancel()
                raise
            return None
        finally:
            del self._running[context.job]

    async def _evaluate(self, context: RuleContext) -> RuleOutcome:
        rule_type = self._types.get(context.rule.kind)
        if rule_type is None:
            summary = f"rules of the kind {context.rule.kind} are not evaluated here"
            return RuleOutcome(holds=False, summary=summary, error=ErrorCode.CONFIGURATION)
        if rule_type.works:
            async with self._places:
                return await rule_type.evaluate(context)
        try:
            async with asyncio.timeout(context.left):
                return await rule_type.evaluate(context)
        except TimeoutError:
            return _too_late(context)

    async def _context(self, effect: StartRule) -> RuleContext | None:
        found = await self._engine.execution(effect.execution)
        if found is None:
            return None
        execution, pipeline = found
        run = _current(effect, execution)
        stage = pipeline.stage(effect.stage)
        condition = stage.condition(effect.condition)
        if run is None or condition is None:
            return None
        rule = condition.rule(effect.rule)
        now = self._clock.now()
        return RuleContext(execution, pipeline, stage, effect.condition, rule, run, effect.attempt, now)


def _current(effect: StartRule, execution: Execution) -> RuleRun | None:
    if execution.status.ended or execution.waiting or execution.current.name != effect.stage:
        return None
    condition = execution.current.condition(effect.condition)
    if condition is None or condition.attempt != effect.attempt or condition.status is not ConditionStatus.IN_PROGRESS:
        return None
    run = condition.rule(effect.rule)
    return run if run.status is RuleStatus.IN_PROGRESS else None


def _too_late(context: RuleContext) -> RuleOutcome:
    """CND-2: what is not decided in time could not be evaluated. What it waited for is said again."""
    summary = f"not decided within {_duration(context.rule.limit)}"
    if context.run.summary:
        summary += f": {context.run.summary}"
    return RuleOutcome(holds=False, summary=summary, error=ErrorCode.TIMEOUT, configuration=context.run.configuration)


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {name}"
    return f"{seconds:g} s"


def _event(context: RuleContext, outcome: RuleOutcome, at: float) -> RuleFinished | RuleWaits:
    where = (context.execution.id, context.stage.name, context.condition, context.rule.name, context.attempt)
    if outcome.holds is None:
        identity = f"{context.job}:looked:{context.run.looks}"
        return RuleWaits(
            identity,
            at,
            *where,
            until=outcome.until,
            summary=outcome.summary,
            opens_at=outcome.opens_at,
            configuration=outcome.configuration,
        )
    return RuleFinished(
        f"{context.job}:finished",
        at,
        *where,
        status=RuleStatus.SUCCEEDED if outcome.holds else RuleStatus.FAILED,
        summary=outcome.summary,
        error=outcome.error,
        log=outcome.log,
        configuration=outcome.configuration,
    )
