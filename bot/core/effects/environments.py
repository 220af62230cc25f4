"""Orders about environments, which lanes take turns in."""

from dataclasses import dataclass
from typing import Literal

from bot.model.environment import Claimant, EnvironmentKey
from bot.model.execution import LaneKey
from bot.model.waiting import Holder


@dataclass(frozen=True, slots=True)
class ClaimEnvironment:
    """Ask for an environment. Replaces a departure under the same ticket that was not performed yet, and is replaced by one."""

    environment: EnvironmentKey
    claimant: Claimant
    kind: Literal["claim_environment"] = "claim_environment"

    @property
    def key(self) -> str:
        return f"environment:{self.claimant.ticket}"


@dataclass(frozen=True, slots=True)
class LeaveEnvironment:
    """Give an environment back, or leave its line."""

    environment: EnvironmentKey
    ticket: str
    kind: Literal["leave_environment"] = "leave_environment"

    @property
    def key(self) -> str:
        return f"environment:{self.ticket}"


@dataclass(frozen=True, slots=True)
class AnswerClaim:
    """Tell a lane `EnvironmentAnswered`. `version` is the environment's, and tells answers to one ticket apart."""

    lane: LaneKey
    execution: str
    environment: str
    ticket: str
    version: int
    granted: bool
    holder: Holder | None
    ahead: int
    kind: Literal["answer_claim"] = "answer_claim"

    @property
    def key(self) -> str:
        return f"claim:{self.ticket}"
