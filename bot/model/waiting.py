"""What an execution waits for at a stage's door, with everything that is needed to say so: results explain themselves."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.people import Person
from bot.model.repository import Ref


@dataclass(frozen=True, slots=True)
class Hold:
    """A disabled inbound transition (TRN-2): who closed it, when and why."""

    by: Person
    at: float
    reason: str = ""


class WaitReason(StrEnum):
    """LINE: something else of the lane is in the stage, or before this one at its door. ENVIRONMENT: another lane has what the
    stage needs.
    """

    HELD = "held"
    LINE = "line"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Holder:
    """An execution of any lane of the repository, as people name it: web #12 on main."""

    pipeline: str
    number: int
    ref: Ref


@dataclass(frozen=True, slots=True)
class Claim:
    """What an execution has asked of an environment for a stage, and what it was answered last.

    `ticket` names its place in the environment's line. `holder` has the environment (None: not answered yet, or it is this
    one's own), `ahead` more come before this one.
    """

    environment: str
    stage: str
    ticket: str
    granted: bool = False
    holder: Holder | None = None
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Why an execution does not enter its stage, since when it is there, and how many will enter before it.

    `occupant` is the number of the execution in the stage, 0 when there is none. `hold` is the one that keeps it out.
    `environment` is what it waits for where that is the reason, `holder` who has it.
    """

    since: float
    reason: WaitReason
    ahead: int = 0
    occupant: int = 0
    hold: Hold | None = None
    environment: str = ""
    holder: Holder | None = None
