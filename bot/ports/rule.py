"""What a kind of rule is given, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.effects import rule_job_id
from bot.model.condition import ConditionKind, RuleRun
from bot.model.error import ErrorCode
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline, Rule, Stage


@dataclass(frozen=True, slots=True)
class RuleContext:
    """Everything a rule type may know: which rule of which condition, its run so far, and when it is looked at."""

    execution: Execution
    pipeline: Pipeline
    stage: Stage
    condition: ConditionKind
    rule: Rule
    run: RuleRun
    attempt: int
    now: float

    @property
    def job(self) -> str:
        return rule_job_id(self.execution.id, self.stage.name, self.condition, self.rule.name, self.attempt)

    @property
    def left(self) -> float:
        """Seconds until the rule counts as not evaluated."""
        return self.rule.limit if self.run.deadline is None else max(0.0, self.run.deadline - self.now)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a look at a rule came to: it holds, it does not, or (None) it is to be looked at again at `until`.

    `summary` says why, in words. With an `error` it could not be evaluated, and so does not hold (CND-2). `configuration` is
    what it was evaluated with, references resolved and secrets masked. `log` is the key of its log, if it has one.
    """

    holds: bool | None
    summary: str = ""
    error: ErrorCode | None = None
    until: float = 0.0
    opens_at: float | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    log: str = ""


class RuleType(Protocol):
    """How one kind of rule is evaluated. Evaluating again is harmless: after a crash, and at every look, that is what happens."""

    works: bool
    """Whether an evaluation takes one of the places that actions run in."""

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        """Look at the rule, once. Cancelling ends it. Raises only for our own failures, which are then tried again."""

    async def abandon(self, job: str) -> None:
        """End the evaluation of that name, wherever it is; unknown and ended ones are no error."""

    async def forget(self, job: str) -> None:
        """The result is durable: whatever was kept of it may go."""
