"""Conditions of a stage and their rules (section 16). Which results and rules go together is checked in `bot.definition.checks`."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from bot.definition.grammar.cron import WindowEntry
from bot.definition.grammar.durations import LongTimeout
from bot.definition.grammar.rules import Expression, InvokeEntry, Metric, without_references
from bot.definition.grammar.text import Commands, Given, Name, Noun
from bot.model import pipeline as model

RuleKind: TypeAlias = Literal["window", "check", "run", "invoke", "metric"]
RULE_KINDS: tuple[RuleKind, ...] = ("window", "check", "run", "invoke", "metric")


class Rule(Noun):
    """One rule: a name, and exactly one of `window`, `check`, `run`, `invoke`, `metric`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in RULE_KINDS]})

    name: Name = Field(description="Unique in the condition.")
    window: Given[WindowEntry] = Field(default=None, description="When the stage may be entered; it is waited for.")
    check: Given[Expression] = Field(default=None, description="An expression in CEL that must be true.")
    run: Given[Commands] = Field(default=None, description="Shell commands that must all succeed.")
    invoke: Given[InvokeEntry] = Field(default=None, description="Somebody else who says whether it holds.")
    metric: Given[Metric] = Field(default=None, description="A measured value that must stay within bounds.")
    timeout: Given[LongTimeout] = Field(default=None, description="How long the rule may take or wait.")

    def to_model(self) -> model.Rule:
        kind, value = next((kind, value) for kind in RULE_KINDS if (value := getattr(self, kind)) is not None)
        return model.Rule(self.name, kind, _configuration(kind, value), self.timeout)


def _configuration(kind: RuleKind, value: Any) -> dict[str, Any]:
    match kind:
        case "run":
            return {"commands": value}
        case "check":
            return {"expression": without_references(value)}
        case "window":
            return dict(value.model_dump())
    return dict(value.model_dump(exclude_none=True))


Rules: TypeAlias = Annotated[tuple[Rule, ...], Field(min_length=1, max_length=5)]


class EntryCondition(Noun):
    """Judged before the stage's first action."""

    result: Literal["fail", "skip"] = Field(default="fail", description="What follows when a rule does not hold.")
    rules: Rules = Field(description="All must hold.")

    def to_model(self) -> model.Condition:
        return model.Condition(model.ConditionResult(self.result), tuple(rule.to_model() for rule in self.rules))


class SuccessCondition(Noun):
    """Judged after all the stage's actions succeeded."""

    result: Literal["fail", "rollback"] = Field(default="fail", description="What follows when a rule does not hold.")
    rules: Rules = Field(description="All must hold.")

    def to_model(self) -> model.Condition:
        return model.Condition(model.ConditionResult(self.result), tuple(rule.to_model() for rule in self.rules))


class FailureCondition(Noun):
    """What follows when the stage fails; with rules, only when all of them hold."""

    result: Literal["fail", "retry", "rollback"] = Field(description="What follows.")
    retry_mode: Given[Literal["failed", "all"]] = Field(
        default=None, description="With `retry`: run the failed actions again (the default), or all of the stage."
    )
    rules: Given[Rules] = Field(default=None, description="All must hold for the result to follow; not with `retry`.")

    def to_model(self) -> model.Condition:
        rules = tuple(rule.to_model() for rule in self.rules or ())
        return model.Condition(model.ConditionResult(self.result), rules, model.RetryMode(self.retry_mode or "failed"))


def _from_result(value: object) -> object:
    return {"result": value} if isinstance(value, str) else value


_Result: TypeAlias = Literal["fail", "retry", "rollback"]
OnFailure: TypeAlias = Annotated[
    FailureCondition, BeforeValidator(_from_result, json_schema_input_type=_Result | FailureCondition)
]
