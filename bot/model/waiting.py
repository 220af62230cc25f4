"""What an execution waits for at a stage's door, with everything that is needed to say so: results explain themselves."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.people import Person


@dataclass(frozen=True, slots=True)
class Hold:
    """A disabled inbound transition (TRN-2): who closed it, when and why."""

    by: Person
    at: float
    reason: str = ""


class WaitReason(StrEnum):
    """LINE: something else of the lane is in the stage, or before this one at its door."""

    HELD = "held"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why an execution does not enter its stage, since when it is there, and how many will enter before it.

    `occupant` is the number of the execution in the stage, 0 when there is none. `hold` is the one that keeps it out.
    """

    since: float
    reason: WaitReason
    ahead: int = 0
    occupant: int = 0
    hold: Hold | None = None
