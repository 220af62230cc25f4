"""The commands as values, one frozen class each, and the places that they name. How text becomes one is in `arguments`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.refusal import Refusal
from bot.model.pipeline import RetryMode

APPROVAL_WORDS = 512  # APR-3
STOP_REASON = 200  # STP-5
HOLD_REASON = 300  # TRN-2

_NAME = r"[A-Za-z0-9.@_-]{1,100}"
_PLACE = re.compile(rf"(?:(?P<pipeline>{_NAME}):)?(?:(?P<stage>{_NAME})(?:/(?P<action>{_NAME}))?)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in a pipeline, as people write it: `stage`, `stage/action`, and `pipeline:` before it where several run."""

    pipeline: str = ""
    stage: str = ""
    action: str = ""

    def __str__(self) -> str:
        prefix = f"{self.pipeline}:" if self.pipeline else ""
        suffix = f"/{self.action}" if self.action else ""
        return f"{prefix}{self.stage}{suffix}"

    @classmethod
    def parse(cls, word: str) -> "Place | None":
        match = _PLACE.fullmatch(word) if word else None
        return cls(match["pipeline"] or "", match["stage"] or "", match["action"] or "") if match else None


@dataclass(frozen=True, slots=True)
class Approve:
    """As read, everything is in `words`: only with the pipeline at hand can its place be told from a reason (`places`)."""

    words: str = ""
    place: Place = Place()
    name: ClassVar[str] = "approve"


@dataclass(frozen=True, slots=True)
class Reject:
    """As `Approve`."""

    words: str = ""
    place: Place = Place()
    name: ClassVar[str] = "reject"


@dataclass(frozen=True, slots=True)
class Retry:
    place: Place = Place()
    mode: RetryMode = RetryMode.FAILED_ACTIONS
    name: ClassVar[str] = "retry"


@dataclass(frozen=True, slots=True)
class Rerun:
    """`revision` names a branch, tag or commit; "": the newest one of where it was asked."""

    pipeline: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    revision: str = ""
    name: ClassVar[str] = "rerun"


@dataclass(frozen=True, slots=True)
class Stop:
    """As read, a `pipeline:` is still the first word of `reason`; `route` takes it out."""

    abandon: bool = False
    reason: str = ""
    name: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True)
class Rollback:
    place: Place
    execution: str = ""
    name: ClassVar[str] = "rollback"


@dataclass(frozen=True, slots=True)
class Hold:
    place: Place
    reason: str = ""
    name: ClassVar[str] = "hold"


@dataclass(frozen=True, slots=True)
class Release:
    place: Place
    name: ClassVar[str] = "release"


@dataclass(frozen=True, slots=True)
class Continue:
    """Let a deployment go on that waits; `place` names the action, as far as it has to."""

    place: Place = Place()
    name: ClassVar[str] = "continue"


@dataclass(frozen=True, slots=True)
class Override:
    place: Place
    reason: str = ""
    name: ClassVar[str] = "override"


@dataclass(frozen=True, slots=True)
class OkToTest:
    sha: str = ""
    name: ClassVar[str] = "ok-to-test"


@dataclass(frozen=True, slots=True)
class Status:
    name: ClassVar[str] = "status"


@dataclass(frozen=True, slots=True)
class Why:
    name: ClassVar[str] = "why"


@dataclass(frozen=True, slots=True)
class Help:
    name: ClassVar[str] = "help"


Order = Approve | Reject | Retry | Rerun | Stop | Rollback | Hold | Release | Continue | Override | OkToTest
Question = Status | Why | Help
Command = Order | Question


@dataclass(frozen=True, slots=True)
class Misread:
    """A line that was meant for us, as far as one can tell, and can't be obeyed."""

    refusal: Refusal
