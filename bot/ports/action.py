"""What an action type is given, and what it answers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.effects import job_id
from bot.model.artifact import Artifact
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun, ActionStatus, Execution
from bot.model.pipeline import Action, Pipeline, Stage
from bot.model.results import ResultsSummary
from bot.model.source import SourceRevision


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Everything an action type may know: which action of which execution, which attempt at it, and how far that is already."""

    execution: Execution
    pipeline: Pipeline
    stage: Stage
    action: Action
    attempt: int
    again: Continuation | None = None
    has_all: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    """To be called once all is there that the action needs of hosts: from then on none that is down keeps it from going on."""

    @property
    def job(self) -> str:
        return job_id(self.execution.id, self.stage.name, self.action.name, self.attempt)

    @property
    def run(self) -> ActionRun:
        """As it was when it was asked for this time."""
        return self.execution.stage_run(self.stage.name).action(self.action.name)


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """How an action ended: SUCCEEDED, FAILED with a code and a summary in words, or ABANDONED. `revision`: a source action's.

    `external_url` is the page of what it has made elsewhere. With `again` it has not ended (IN_PROGRESS): it is performed again then, and takes no place until
    that. Its summary says what it waits for or how far it is, and the URL where that is; `waits` is a deployment's wait that people end, in place of a
    summary.
    """

    status: ActionStatus
    started_at: float
    summary: str = ""
    error: ErrorCode | None = None
    exit_status: int | None = None
    peak_memory: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    revision: SourceRevision | None = None
    results: ResultsSummary | None = None
    annotations: int = 0
    external_url: str = ""
    again: Continuation | None = None
    waits: DeploymentWait | None = None


class ActionType(Protocol):
    """What one kind of action does. Performing the same attempt again finds what the first time did, or says Interrupted."""

    async def perform(self, context: ActionContext) -> ActionOutcome:
        """Do the work. Cancelling kills it. Raises only for our own failures, which are then tried again."""

    async def abandon(self, job: str) -> None:
        """Kill the work of a job, wherever it is; unknown and ended jobs are no error."""

    async def forget(self, job: str) -> None:
        """The job's end is durable: whatever was kept to find it again may go."""

    async def sweep(self, keep: Collection[str]) -> None:
        """At start: remove what a former life left of jobs other than these, which are still to be performed."""


# --- Rule types ------------------------------------------------------------------------------------------------------
