"""The `run` rule: commands that must all succeed, run as a `run` action's are (the Commands rule, section 16.3)."""

from dataclasses import replace

from bot.core.variables import Unresolved, references, resolver
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Action, Run
from bot.ports import ActionContext, ActionOutcome, ActionType, RuleContext, RuleOutcome


class RunRule:
    """`runner` is the `run` action: the same checkout, environment, log, limits and way to end it."""

    works = True

    def __init__(self, runner: ActionType) -> None:
        self._runner = runner

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        shown = _shown(context)
        outcome = await self._runner.perform(_as_action(context))
        if outcome.error is ErrorCode.INTERRUPTED:  # a former life's: a rule only asks, so it may ask again
            await self._runner.forget(context.job)
            outcome = await self._runner.perform(_as_action(context))
        return replace(_judged(outcome), configuration=shown, log=context.job)

    async def abandon(self, job: str) -> None:
        await self._runner.abandon(job)

    async def forget(self, job: str) -> None:
        await self._runner.forget(job)


def _as_action(context: RuleContext) -> ActionContext:
    commands = context.rule.configuration["commands"]
    assert isinstance(commands, tuple | list)  # noqa: S101  the grammar made it so
    name = f"{context.condition}:{context.rule.name}"
    action = Action(name, Run(tuple(str(command) for command in commands)), timeout=max(1.0, context.left))
    return ActionContext(context.execution, context.pipeline, context.stage, action, context.attempt)


def _judged(outcome: ActionOutcome) -> RuleOutcome:
    if outcome.status is ActionStatus.SUCCEEDED:
        return RuleOutcome(holds=True)
    says_no = outcome.error is ErrorCode.JOB_FAILED
    return RuleOutcome(holds=False, summary=outcome.summary, error=None if says_no else outcome.error)


def _shown(context: RuleContext) -> dict[str, str]:
    """The commands as they are written, and the values of what they refer to: a value never becomes part of a script."""
    commands = context.rule.configuration["commands"]
    text = "\n".join(map(str, commands)) if isinstance(commands, tuple | list) else str(commands)
    value = resolver(context.pipeline, context.execution)
    shown = {"commands": text}
    for reference in references(text):
        try:
            shown[str(reference)] = value(reference)
        except Unresolved:
            shown[str(reference)] = ""
    return shown
