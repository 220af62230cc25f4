"""A batch of builds as it goes on: its phase, and how far each of its builds is (buildspec reference, section 10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.artifact import Artifact
from bot.model.error import ErrorCode


class BatchPhase(StrEnum):
    """BAT-2."""

    SUBMITTED = "SUBMITTED"
    DOWNLOAD_BATCHSPEC = "DOWNLOAD_BATCHSPEC"
    IN_PROGRESS = "IN_PROGRESS"
    COMBINE_ARTIFACTS = "COMBINE_ARTIFACTS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class BuildStatus(StrEnum):
    """BAT-2, and PENDING before a build has begun. FAULT: it ended for reasons that are not its own."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"

    @property
    def ended(self) -> bool:
        return self not in (BuildStatus.PENDING, BuildStatus.IN_PROGRESS)

    @property
    def bad(self) -> bool:
        """It ran, and came to no good end."""
        return self in (BuildStatus.FAILED, BuildStatus.FAULT, BuildStatus.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class BuildRun:
    """One build. `label` is what tells it from the others, where its identifier does not. `message` says why it is as it is.

    `attempt` is the action's attempt in which it ran: a retry takes over what has succeeded before (BAT-9). `outputs` and
    `artifacts` are the action's, by the names that they have there.
    """

    identifier: str
    label: str = ""
    status: BuildStatus = BuildStatus.PENDING
    attempt: int = 1
    started_at: float | None = None
    ended_at: float | None = None
    message: str = ""
    error: ErrorCode | None = None
    ignore_failure: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`build0 (OS=linux, PY=3.11)`."""
        return f"{self.identifier} ({self.label})" if self.label else self.identifier


@dataclass(frozen=True, slots=True)
class BatchRun:
    """The batch of one attempt at an action, as it is kept. `builds` in the order of the buildspec. `combined` is what those that
    succeeded have made together, where that is asked for.
    """

    execution: str
    stage: str
    action: str
    attempt: int
    started_at: float
    phase: BatchPhase = BatchPhase.SUBMITTED
    ended_at: float | None = None
    builds: tuple[BuildRun, ...] = ()
    combined: Artifact | None = None

    def build(self, identifier: str) -> BuildRun:
        return next(build for build in self.builds if build.identifier == identifier)

    def those(self, *statuses: BuildStatus) -> tuple[BuildRun, ...]:
        return tuple(build for build in self.builds if build.status in statuses)
