"""What a deployment waits for while it takes no place: for people who let it go on (BGR-3, BGR-4), or for the merge of what it has proposed.
Rule ids: appspec reference. Not the wait before a stage: `waiting`.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.people import Person


class WaitType(StrEnum):
    """BGR-4. READY: the replacements wait for their traffic. TERMINATION: they have it, and the originals are kept for a while. MERGE: a change
    to another repository waits to be merged there.
    """

    READY = "READY_WAIT"
    TERMINATION = "TERMINATION_WAIT"
    MERGE = "MERGE_WAIT"


ENDED_BY_COMMAND = frozenset({WaitType.READY, WaitType.TERMINATION})
"""What people can let go on. A merge is made where the change was proposed."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Of the pull request `number`, or of a branch that people open one from (0). `repository` is its full name."""

    repository: str
    number: int = 0
    branch: str = ""

    def __str__(self) -> str:
        what = f"pull request #{self.number}" if self.number else f"the branch {self.branch}"
        return f"{what} of {self.repository}"


@dataclass(frozen=True, slots=True)
class DeploymentWait:
    """It ends at `until` (seconds since the epoch) by itself: then the deployment goes on, or is stopped, or fails (`stops`). `merge`: what is to be
    merged, of that type of wait.
    """

    type: WaitType
    until: float
    stops: bool = False
    merge: Merge | None = None


@dataclass(frozen=True, slots=True)
class LetGo:
    """Somebody has ended a wait before its time."""

    type: WaitType
    by: Person
    at: float
