"""The `check` rule: an expression in CEL over the execution's values, which must come to true (VariableCheck, section 16.3)."""

import re
from collections.abc import Mapping

from bot.core.variables import namespaces
from bot.model.error import ErrorCode
from bot.model.execution import Execution
from bot.ports import RuleContext, RuleOutcome
from bot.rules.judge import Judge, Unanswered

_NAMED = re.compile(r"\b([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*)|\[[\"']([^\"'\\]+)[\"']\])")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_SHOWN = 200


class CheckRule:
    """Evaluated in a process of its own; see `bot.rules.cel`."""

    works = False

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        expression = str(context.rule.configuration["expression"])
        names = _names(context)
        shown = {"expression": expression, **_values(expression, names)}
        try:
            holds = await self._judge.value(expression, names)
        except Unanswered as error:
            summary = f"`{expression}` has no value: {error}"
            return RuleOutcome(holds=False, summary=summary, error=ErrorCode.CONFIGURATION, configuration=shown)
        summary = "" if holds else f"`{expression}` is false{_because(shown)}"
        return RuleOutcome(holds, summary, configuration=shown)

    async def abandon(self, job: str) -> None:
        """Whoever evaluates it is cancelled, and that ends it."""

    async def forget(self, job: str) -> None:
        """There is nothing kept."""

    async def close(self) -> None:
        await self._judge.close()


def _names(context: RuleContext) -> dict[str, object]:
    """Namespaces by their names, and all of them below `outputs` for names that CEL cannot say; then the execution's own."""
    known = {name: dict(values) for name, values in namespaces(context.pipeline, context.execution).items()}
    revision = context.execution.revision
    return {
        **known,
        "outputs": known,
        "execution": _execution(context.execution, context.stage.name),
        "revision": {
            "commit": revision.commit,
            "branch": revision.branch,
            "tag": revision.tag,
            "message": revision.message,
            "author": revision.author.login if revision.author else "",
            "pull_request": revision.pull_request or 0,
            "target_branch": revision.target_branch,
        },
    }


def _execution(execution: Execution, stage: str) -> dict[str, object]:
    by = execution.trigger.by
    return {
        "id": execution.id,
        "number": execution.number,
        "attempt": execution.attempts,
        "pipeline": execution.lane.pipeline,
        "repository": execution.lane.repository.full_name,
        "stage": stage,
        "trigger": execution.trigger.kind.value,
        "started_by": by.login if by else "",
    }


def _values(expression: str, names: Mapping[str, object]) -> dict[str, str]:
    """What the expression names, with the values that it had: so that a result explains itself."""
    found: dict[str, str] = {}
    for match in _NAMED.finditer(_TEXT.sub(_kept_in_brackets(expression), expression)):
        holder, key = names.get(match[1]), match[2] or match[3]
        if isinstance(holder, dict) and key in holder and not isinstance(holder[key], dict):
            found[f"{match[1]}.{key}"] = str(holder[key])[:_SHOWN]
    return found


def _kept_in_brackets(expression: str) -> "_Keep":
    return _Keep(expression)


class _Keep:
    """Takes texts out of an expression, but for those that are keys: `pkg["A-B"]`."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    def __call__(self, match: re.Match[str]) -> str:
        return match[0] if self._expression[: match.start()].endswith("[") else "''"


def _because(shown: Mapping[str, str]) -> str:
    values = [f"{name} is {value!r}" for name, value in shown.items() if name != "expression"]
    return f": {', '.join(values[:3])}" if values else ""
