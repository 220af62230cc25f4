"""What people ask for: to stop, to retry, to go back, to hold."""

from dataclasses import dataclass
from typing import Literal

from bot.model.execution import Execution, Trigger
from bot.model.host_event import CommentRef
from bot.model.people import Person
from bot.model.pipeline import Pipeline, RetryMode


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Stop and wait, or stop and abandon. `execution` "": whichever runs in the lane, of that `commit` if one is named.

    `by` None: the bot itself.
    """

    id: str
    at: float
    abandon: bool
    by: Person | None = None
    reason: str = ""
    execution: str = ""
    comment: CommentRef | None = None
    commit: str = ""
    kind: Literal["stop_requested"] = "stop_requested"


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """Retry a failed or stopped stage of the latest execution. `stage` "": the one that failed."""

    id: str
    at: float
    by: Person
    mode: RetryMode = RetryMode.FAILED_ACTIONS
    stage: str = ""
    execution: str = ""
    comment: CommentRef | None = None
    kind: Literal["retry_requested"] = "retry_requested"


@dataclass(frozen=True, slots=True)
class ContinueRequested:
    """Let a deployment go on that waits (BGR-4). `execution`, `stage` and `action` say which, "" where there is only one."""

    id: str
    at: float
    by: Person
    stage: str = ""
    action: str = ""
    execution: str = ""
    comment: CommentRef | None = None
    kind: Literal["continue_requested"] = "continue_requested"


@dataclass(frozen=True, slots=True)
class OverrideRequested:
    """Let an execution pass a condition that holds it back (section 16.2). `execution` "": the newest that one holds back."""

    id: str
    at: float
    by: Person
    stage: str
    reason: str = ""
    execution: str = ""
    comment: CommentRef | None = None
    kind: Literal["override_requested"] = "override_requested"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An execution that a stage could be brought back to, as people know it."""

    number: int
    commit: str


@dataclass(frozen=True, slots=True)
class RollbackRequested:
    """Bring a stage back to what succeeded there (section 15). `execution` and `number` are the new execution's names.

    `target` is that success as it was recorded, and `pipeline` what it ran; None: there is none, or not the one that was
    `asked` for. `current` is the digest of the pipeline's definition as it is now. `cause` is the execution whose failure
    asks for it, "" when a person does. `candidates` are what could be named instead, newest first.
    """

    id: str
    at: float
    execution: str
    number: int
    stage: str
    trigger: Trigger
    target: Execution | None = None
    pipeline: Pipeline | None = None
    current: str = ""
    asked: str = ""
    candidates: tuple[Candidate, ...] = ()
    cause: str = ""
    comment: CommentRef | None = None
    kind: Literal["rollback_requested"] = "rollback_requested"


@dataclass(frozen=True, slots=True)
class HoldRequested:
    """Disable a stage's inbound transition (TRN-2)."""

    id: str
    at: float
    by: Person
    stage: str
    reason: str = ""
    comment: CommentRef | None = None
    kind: Literal["hold_requested"] = "hold_requested"


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """Enable a stage's inbound transition again (TRN-4)."""

    id: str
    at: float
    by: Person
    stage: str
    comment: CommentRef | None = None
    kind: Literal["release_requested"] = "release_requested"
