"""What a blue/green deployment waits for that people can let go on (BGR-3, BGR-4). Rule ids: appspec reference. Not the wait before a stage: `waiting`."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.people import Person


class WaitType(StrEnum):
    """BGR-4. READY: the replacements wait for their traffic. TERMINATION: they have it, and the originals are kept for a while."""

    READY = "READY_WAIT"
    TERMINATION = "TERMINATION_WAIT"


@dataclass(frozen=True, slots=True)
class DeploymentWait:
    """It ends at `until` (seconds since the epoch) by itself: then the deployment goes on, or is stopped (`stops`)."""

    type: WaitType
    until: float
    stops: bool = False


@dataclass(frozen=True, slots=True)
class LetGo:
    """Somebody has ended a wait before its time."""

    type: WaitType
    by: Person
    at: float
