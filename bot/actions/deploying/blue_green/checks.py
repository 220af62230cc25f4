"""Whether all is well during a step and at its end: the rules that the action names must all hold, as a stage's do after it has succeeded."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.actions.deploying.blue_green.hooks import Stopped
from bot.actions.deploying.turns import Stop
from bot.model.condition import ConditionKind, RuleRun
from bot.model.pipeline import Deploy, Rule
from bot.ports import ActionContext, Clock, RuleContext, RuleOutcome, RuleType

_SOONEST = 1.0


class CheckFailed(Exception):
    """One does not hold, or can't be judged, which is no better. The text says which, and why."""


class Checks:
    """`types` are the kinds of rules by their names."""

    def __init__(self, types: Mapping[str, RuleType], clock: Clock) -> None:
        self._types = types
        self._clock = clock

    async def look(self, context: ActionContext, since: float, name: str, stop: Stop) -> float | None:
        """When to look again; None: all hold. `since` is when there was something to judge; a rule's time counts from there.
        `name` is the look's: `1` at the end of the first step, `1-0` in its middle.
        Raises CheckFailed, Stopped.
        """
        for rule in _rules(context):
            outcome = await self._evaluated(self._asked(context, rule, since, name), rule, stop)
            if outcome.holds is None:
                return max(outcome.until, self._clock.now() + _SOONEST)
            if not outcome.holds:
                raise CheckFailed(f"the check {rule.name} {_why(outcome)}")
        return None

    def any(self, context: ActionContext) -> bool:
        return bool(_rules(context))

    async def give_up(self, context: ActionContext, name: str) -> None:
        """A look that was not decided ends: whoever was asked need not answer."""
        for rule in _rules(context):
            asked = self._asked(context, rule, self._clock.now(), name)
            await self._types[rule.kind].abandon(asked.job)
            await self._types[rule.kind].forget(asked.job)

    def _asked(self, context: ActionContext, rule: Rule, since: float, name: str) -> RuleContext:
        """Each look has a name, and so a log and a job, of its own."""
        named = replace(rule, name=f"{context.action.name}-{name}-{rule.name}")
        run = RuleRun(named.name, started_at=since, deadline=since + rule.limit)
        return RuleContext(
            context.execution,
            context.pipeline,
            context.stage,
            ConditionKind.ON_SUCCESS,
            named,
            run,
            context.attempt,
            self._clock.now(),
        )

    async def _evaluated(self, asked: RuleContext, rule: Rule, stop: Stop) -> RuleOutcome:
        if asked.left <= 0:
            raise CheckFailed(f"the check {rule.name} was not decided within {rule.limit:g} s")
        kind = self._types[rule.kind]
        look = asyncio.create_task(kind.evaluate(asked))
        stopping = asyncio.create_task(stop.event.wait())
        try:
            done, _ = await asyncio.wait([look, stopping], timeout=asked.left, return_when=asyncio.FIRST_COMPLETED)
            if look in done:
                await kind.forget(asked.job)
                return look.result()
            await kind.abandon(asked.job)
            if stopping in done:
                raise Stopped
            raise CheckFailed(f"the check {rule.name} was not decided within {rule.limit:g} s")
        finally:
            for task in (look, stopping):
                task.cancel()
            await asyncio.gather(look, stopping, return_exceptions=True)


def _rules(context: ActionContext) -> tuple[Rule, ...]:
    work = context.action.work
    assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
    return work.checks


def _why(outcome: RuleOutcome) -> str:
    how = "can't be judged" if outcome.error is not None else "does not hold"
    return f"{how}: {outcome.summary}" if outcome.summary else how
