"""Orders that tell people something: statuses, comments, answers, notifications."""

from dataclasses import dataclass
from typing import Literal

from bot.core.effects.actions import job_id
from bot.core.refusal import Refusal
from bot.model.host_event import CommentRef, Thread
from bot.model.notification import NotificationEvent
from bot.model.people import Person
from bot.model.problem import Problem
from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Report:
    """Bring the execution's statuses and its pull-request comment up to date with its newest state."""

    execution: str
    kind: Literal["report"] = "report"

    @property
    def key(self) -> str:
        return f"report:{self.execution}"


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell a target of the bot's settings of an event, which happened at `at`. `attempt` is of what the event is about."""

    target: str
    execution: str
    event: NotificationEvent
    at: float
    attempt: int
    stage: str = ""
    action: str = ""
    kind: Literal["notify"] = "notify"

    @property
    def happened(self) -> str:
        """Names the event among all that ever happen, whoever is told of it."""
        return f"{self.event}:{job_id(self.execution, self.stage, self.action, self.attempt)}"

    @property
    def key(self) -> str:
        return f"notify:{self.target}:{self.happened}"


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


@dataclass(frozen=True, slots=True)
class ReportNotStarted:
    """Tell that a pipeline was not started for a commit, and why: a status and, on a pull request, a comment.

    `outside`: for a change from outside. Then there is no status where an execution of the pipeline has told its own.
    """

    repository: Repository
    commit: str
    thread: Thread | None
    pipeline: str
    refusal: Refusal
    outside: bool = False
    kind: Literal["report_not_started"] = "report_not_started"

    @property
    def key(self) -> str:
        return f"not-started:{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.commit}"


@dataclass(frozen=True, slots=True)
class ReportHeld:
    """Tell that a pipeline has not run for a commit that comes from outside (`reason`), and how it can be allowed to.

    `branch` is its own name for where it is. `readable` is false where the host does not give the commit out, as of a private fork:
    then nobody can allow it. `allowed_by`: somebody has; the comment says so, and the status is the execution's own from then on.
    """

    repository: Repository
    commit: str
    thread: Thread
    pipeline: str
    reason: str
    branch: str = ""
    readable: bool = True
    allowed_by: Person | None = None
    kind: Literal["report_held"] = "report_held"

    @property
    def key(self) -> str:
        """One a thread: what is told of a newer commit takes the place of what was to be told of an older one."""
        return f"held:{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.thread.name}"
