"""Effects: the orders that come out of `decide`, as data. `bot.runtime` performs them; performing one twice is harmless.

`key` names an effect in the outbox: a second one with the same key replaces the first (the newest report is the one to send).
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.refusal import Refusal
from bot.model.host_event import CommentRef, Thread
from bot.model.problem import Problem
from bot.model.repository import Repository


def job_id(execution: str, stage: str, action: str, attempt: int) -> str:
    """The name by which an action's job is found again, after a restart too."""
    return f"{execution}/{stage}/{action}/{attempt}"


@dataclass(frozen=True, slots=True)
class StartAction:
    """Perform an action. Its end comes back as `ActionFinished`."""

    execution: str
    stage: str
    action: str
    attempt: int
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
class Report:
    """Bring the execution's statuses and its pull-request comment up to date with its newest state."""

    execution: str
    kind: Literal["report"] = "report"

    @property
    def key(self) -> str:
        return f"report:{self.execution}"


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The command was taken: react to the comment."""

    comment: CommentRef
    kind: Literal["acknowledge"] = "acknowledge"

    @property
    def key(self) -> str:
        return f"acknowledge:{self.comment.repository.provider}:{self.comment.repository.id}:{self.comment.id}"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The command was refused: answer the comment in words."""

    comment: CommentRef
    refusal: Refusal
    kind: Literal["refuse"] = "refuse"

    @property
    def key(self) -> str:
        return f"answer:{self.comment.repository.provider}:{self.comment.repository.id}:{self.comment.id}"


@dataclass(frozen=True, slots=True)
class Say:
    """Answer a question (`/status`, `/why`, `/help`) with a text already rendered."""

    comment: CommentRef
    text: str
    kind: Literal["say"] = "say"

    @property
    def key(self) -> str:
        return f"answer:{self.comment.repository.provider}:{self.comment.repository.id}:{self.comment.id}"


@dataclass(frozen=True, slots=True)
class ReportInvalid:
    """Tell that a commit's pipeline file is wrong: a failed status and, on a pull request, a comment with every problem.

    No problems: what was wrong has been put right (the comment says so; there is no status to set).
    `pipeline` is the name that the statuses carry: the pipeline's, or what it defaults to for that file.
    """

    repository: Repository
    commit: str
    thread: Thread | None
    pipeline: str
    problems: tuple[Problem, ...]
    kind: Literal["report_invalid"] = "report_invalid"

    @property
    def key(self) -> str:
        return f"invalid:{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.commit}"


Effect = StartAction | AbandonAction | WakeAt | Report | Acknowledge | Refuse | Say | ReportInvalid
