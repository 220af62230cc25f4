"""What becomes of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.model.condition import ConditionKind, RuleStatus
from bot.model.error import ErrorCode


@dataclass(frozen=True, slots=True)
class RuleWaits:
    """A rule neither holds nor fails to yet: it is to be looked at again at `until`. `opens_at`: when the window opens."""

    id: str
    at: float
    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    until: float
    summary: str = ""
    opens_at: float | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rule_waits"] = "rule_waits"


@dataclass(frozen=True, slots=True)
class RuleFinished:
    """A rule was evaluated. `status` is SUCCEEDED or FAILED; `error` is set when it could not be evaluated (CND-2).

    `configuration` is what it was evaluated with, references resolved and secrets masked (RUL-8).
    """

    id: str
    at: float
    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    status: RuleStatus
    summary: str = ""
    error: ErrorCode | None = None
    log: str = ""
    configuration: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rule_finished"] = "rule_finished"
