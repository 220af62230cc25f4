"""The runs of a stage's conditions and of their rules (section 16). What they ask is `bot.model.pipeline`'s `Condition` and `Rule`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.error import ErrorCode
from bot.model.people import Person


class ConditionKind(StrEnum):
    """When a condition is judged; the names are the keys of a stage in the pipeline file."""

    BEFORE_ENTRY = "before_entry"
    ON_SUCCESS = "on_success"
    ON_FAILURE = "on_failure"


class ConditionStatus(StrEnum):
    """CodePipeline's names (section 9.1). ERRORED: a rule could not be evaluated (CND-2)."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"
    ABANDONED = "Abandoned"
    CANCELLED = "Cancelled"
    OVERRIDDEN = "Overridden"


class RuleStatus(StrEnum):
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


@dataclass(frozen=True, slots=True)
class RuleRun:
    """One evaluation of a rule. `looks` counts how often it was looked at; `wakes_at` is when it is looked at again.

    `opens_at` is set while a window is waited for. After `deadline` it counts as not evaluated (`ErrorCode.TIMEOUT`).
    `configuration` is what it was evaluated with, references resolved and secrets masked (RUL-8). `log` is the key of its log.
    """

    name: str
    status: RuleStatus = RuleStatus.IN_PROGRESS
    started_at: float | None = None
    ended_at: float | None = None
    deadline: float | None = None
    summary: str = ""
    error: ErrorCode | None = None
    looks: int = 0
    wakes_at: float | None = None
    opens_at: float | None = None
    log: str = ""
    configuration: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Override:
    """Who let an execution pass a condition, when and why (section 16.2)."""

    by: Person
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConditionRun:
    """A condition as it is judged in one attempt of its stage; `attempt` is that attempt's number. `summary` says why it ended so."""

    kind: ConditionKind
    attempt: int
    rules: tuple[RuleRun, ...]
    status: ConditionStatus = ConditionStatus.IN_PROGRESS
    started_at: float | None = None
    ended_at: float | None = None
    summary: str = ""
    override: Override | None = None

    def rule(self, name: str) -> RuleRun:
        return next(rule for rule in self.rules if rule.name == name)

    @property
    def passed(self) -> bool:
        """Whether it stands in nobody's way: its rules hold, or somebody has overridden it."""
        return self.status in (ConditionStatus.SUCCEEDED, ConditionStatus.OVERRIDDEN)
