"""Orders about actions: begin, end, ask for their owners, be woken at a time that matters to them."""

from dataclasses import dataclass
from typing import Literal

from bot.model.continuation import Continuation
from bot.model.failing import Failing


def job_id(execution: str, stage: str, action: str, attempt: int) -> str:
    """The name by which an action's job is found again, after a restart too."""
    return f"{execution}/{stage}/{action}/{attempt}"


def parts_of_job(job: str) -> tuple[str, str, str, int]:
    """What `job_id` made it of."""
    execution, stage, action, attempt = job.split("/")
    return execution, stage, action, int(attempt)


def batch_job_id(job: str, place: int) -> str:
    """That of one build of an action's batch, by its place in the buildspec; identifiers are too long for file names."""
    return f"{job}/b{place}"


@dataclass(frozen=True, slots=True)
class StartAction:
    """Perform an action. Its end comes back as `ActionFinished`. `again`: it has begun, and asked to be gone on with.

    `failing`: it could not be performed so far.
    """

    execution: str
    stage: str
    action: str
    attempt: int
    again: Continuation | None = None
    failing: Failing | None = None
    kind: Literal["start_action"] = "start_action"

    @property
    def key(self) -> str:
        return f"start:{job_id(self.execution, self.stage, self.action, self.attempt)}"


@dataclass(frozen=True, slots=True)
class AbandonAction:
    """Kill an action's work. The core does not wait for it: the action already counts as abandoned."""

    execution: str
    stage: str
    action: str
    attempt: int
    kind: Literal["abandon_action"] = "abandon_action"

    @property
    def key(self) -> str:
        return f"abandon:{job_id(self.execution, self.stage, self.action, self.attempt)}"


@dataclass(frozen=True, slots=True)
class FindOwners:
    """Find who owns what has changed, not before `at`, and tell the lane `OwnersFound`. `looks` counts this look among the attempt's."""

    execution: str
    stage: str
    action: str
    attempt: int
    looks: int = 1
    at: float = 0.0
    kind: Literal["find_owners"] = "find_owners"

    @property
    def key(self) -> str:
        return f"owners:{job_id(self.execution, self.stage, self.action, self.attempt)}"


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Tell the lane `ApprovalExpired` for this action at that time, if it still waits then."""

    execution: str
    stage: str
    action: str
    attempt: int
    at: float
    kind: Literal["wake_at"] = "wake_at"

    @property
    def key(self) -> str:
        return f"wake:{job_id(self.execution, self.stage, self.action, self.attempt)}"


@dataclass(frozen=True, slots=True)
class RemindAt:
    """Remind people of an approval at that time, if it still waits then. `number`: the first or the second time."""

    execution: str
    stage: str
    action: str
    attempt: int
    number: int
    at: float
    kind: Literal["remind_at"] = "remind_at"

    @property
    def key(self) -> str:
        return f"remind:{job_id(self.execution, self.stage, self.action, self.attempt)}/{self.number}"
