"""What an environment answers to a lane that asked for it."""

from dataclasses import dataclass
from typing import Literal

from bot.model.waiting import Holder


@dataclass(frozen=True, slots=True)
class EnvironmentAnswered:
    """An environment tells who has it and how many come before the ticket; `granted`: it has it itself."""

    id: str
    at: float
    execution: str
    ticket: str
    granted: bool
    holder: Holder | None = None
    ahead: int = 0
    kind: Literal["environment_answered"] = "environment_answered"
