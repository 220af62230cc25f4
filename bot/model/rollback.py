"""What a rollback execution brings back, and for whose sake (section 15)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.artifact import Artifact


class ExecutionType(StrEnum):
    STANDARD = "STANDARD"
    ROLLBACK = "ROLLBACK"


@dataclass(frozen=True, slots=True)
class Rollback:
    """`target` is the execution whose success in `stage` is brought back; `cause` the one that failed ("": a person asked).

    `outputs` are the output variables of the target's earlier stages, by namespace, and `artifacts` what they made, by name (RBK-2). Numbers are for people.
    """

    target: str
    target_number: int
    stage: str
    cause: str = ""
    cause_number: int = 0
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
