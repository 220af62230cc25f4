"""Orders about rules of conditions: begin and end their evaluation."""

from dataclasses import dataclass
from typing import Literal

from bot.core.effects.actions import job_id
from bot.model.condition import ConditionKind


def rule_job_id(execution: str, stage: str, condition: ConditionKind, rule: str, attempt: int) -> str:
    """The name of a rule's evaluation. No action is called like its third part: names of actions have no colon."""
    return job_id(execution, stage, f"{condition}:{rule}", attempt)


@dataclass(frozen=True, slots=True)
class StartRule:
    """Evaluate a rule, not before `at`. It comes back as `RuleFinished`, or as `RuleWaits` when it is to be looked at again."""

    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    at: float = 0.0
    kind: Literal["start_rule"] = "start_rule"

    @property
    def job(self) -> str:
        return rule_job_id(self.execution, self.stage, self.condition, self.rule, self.attempt)

    @property
    def key(self) -> str:
        return f"rule:{self.job}"


@dataclass(frozen=True, slots=True)
class AbandonRule:
    """Kill a rule's evaluation. The core does not wait for it."""

    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    kind: Literal["abandon_rule"] = "abandon_rule"

    @property
    def job(self) -> str:
        return rule_job_id(self.execution, self.stage, self.condition, self.rule, self.attempt)

    @property
    def key(self) -> str:
        return f"abandon:{self.job}"
