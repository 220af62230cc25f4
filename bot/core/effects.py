"""Effects: the orders that come out of `decide`, as data. `bot.runtime` performs them; performing one twice is harmless.

`key` names an effect in the outbox: a second one with the same key replaces the first (the newest report is the one to send).
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.refusal import Refusal
from bot.model.condition import ConditionKind
from bot.model.continuation import Continuation
from bot.model.environment import Claimant, EnvironmentKey
from bot.model.execution import LaneKey
from bot.model.host_event import CommentRef, Thread
from bot.model.notification import NotificationEvent
from bot.model.people import Person
from bot.model.pipeline import ScheduleTrigger
from bot.model.problem import Problem
from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.waiting import Holder


def job_id(execution: str, stage: str, action: str, attempt: int) -> str:
    """The name by which an action's job is found again, after a restart too."""
    return f"{execution}/{stage}/{action}/{attempt}"


@dataclass(frozen=True, slots=True)
class StartAction:
    """Perform an action. Its end comes back as `ActionFinished`. `again`: it has begun, and asked to be gone on with."""

    execution: str
    stage: str
    action: str
    attempt: int
    again: Continuation | None = None
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


def rule_job_id(execution: str, stage: str, condition: ConditionKind, rule: str, attempt: int) -> str:
    """The name of a rule's evaluation. No action is called like its third part: names of actions have no colon."""
    return job_id(execution, stage, f"{condition}:{rule}", attempt)


@dataclass(frozen=True, slots=True)
class StartRule:
    """Evaluate a rule, not before `at`. It comes back as `RuleFinished`, or as `RuleWaits` when it is to be looked at again."""

    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    at: float = 0.0
    kind: Literal["start_rule"] = "start_rule"

    @property
    def job(self) -> str:
        return rule_job_id(self.execution, self.stage, self.condition, self.rule, self.attempt)

    @property
    def key(self) -> str:
        return f"rule:{self.job}"


@dataclass(frozen=True, slots=True)
class AbandonRule:
    """Kill a rule's evaluation. The core does not wait for it."""

    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    kind: Literal["abandon_rule"] = "abandon_rule"

    @property
    def job(self) -> str:
        return rule_job_id(self.execution, self.stage, self.condition, self.rule, self.attempt)

    @property
    def key(self) -> str:
        return f"abandon:{self.job}"


@dataclass(frozen=True, slots=True)
class StartRollback:
    """Find what the stage is to be brought back to after this execution has failed in it, and tell the lane (RBK-5).

    What is found comes back as `RollbackRequested`, with no target when there is none. `attempt` is the stage's.
    """

    execution: str
    stage: str
    attempt: int
    kind: Literal["start_rollback"] = "start_rollback"

    @property
    def key(self) -> str:
        return f"rollback:{self.execution}/{self.stage}/{self.attempt}"


@dataclass(frozen=True, slots=True)
class StartFollowers:
    """Start the pipelines that follow this execution, which has succeeded: those of the same commit whose triggers name it."""

    execution: str
    kind: Literal["start_followers"] = "start_followers"

    @property
    def key(self) -> str:
        return f"followers:{self.execution}"


@dataclass(frozen=True, slots=True)
class StartScheduled:
    """Start the pipeline at that time on the default branch, if its newest commit still has the schedule; then wait for the next time."""

    repository: Repository
    pipeline: str
    schedule: ScheduleTrigger
    at: float
    kind: Literal["start_scheduled"] = "start_scheduled"

    @property
    def key(self) -> str:
        where = f"{self.repository.provider}:{self.repository.id}:{self.pipeline}"
        return f"schedule:{where}:{self.schedule.cron}:{self.schedule.timezone}"


@dataclass(frozen=True, slots=True)
class WatchSource:
    """Look at a further source at that time, start its pipeline if it has changed, then look again later (section 7.4).

    `seen` is the revision that was there last, "" before the first look, and `changes` counts those since `since`, when the
    home branch `branch` began to ask for it. `off_since`: polling is switched off. `problem` says why the last look failed.
    """

    repository: Repository
    branch: str
    pipeline: str
    action: str
    source: Source
    at: float
    since: float = 0.0
    seen: str = ""
    changes: int = 0
    off_since: float | None = None
    problem: str = ""
    kind: Literal["watch_source"] = "watch_source"

    @property
    def key(self) -> str:
        return f"source:{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.action}"


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


@dataclass(frozen=True, slots=True)
class ClaimEnvironment:
    """Ask for an environment. Replaces a departure under the same ticket that was not performed yet, and is replaced by one."""

    environment: EnvironmentKey
    claimant: Claimant
    kind: Literal["claim_environment"] = "claim_environment"

    @property
    def key(self) -> str:
        return f"environment:{self.claimant.ticket}"


@dataclass(frozen=True, slots=True)
class LeaveEnvironment:
    """Give an environment back, or leave its line."""

    environment: EnvironmentKey
    ticket: str
    kind: Literal["leave_environment"] = "leave_environment"

    @property
    def key(self) -> str:
        return f"environment:{self.ticket}"


@dataclass(frozen=True, slots=True)
class AnswerClaim:
    """Tell a lane `EnvironmentAnswered`. `version` is the environment's, and tells answers to one ticket apart."""

    lane: LaneKey
    execution: str
    environment: str
    ticket: str
    version: int
    granted: bool
    holder: Holder | None
    ahead: int
    kind: Literal["answer_claim"] = "answer_claim"

    @property
    def key(self) -> str:
        return f"claim:{self.ticket}"


Effect = (
    StartAction
    | AbandonAction
    | FindOwners
    | WakeAt
    | RemindAt
    | StartRule
    | AbandonRule
    | StartRollback
    | StartFollowers
    | StartScheduled
    | WatchSource
    | Report
    | Notify
    | Acknowledge
    | Refuse
    | Say
    | ReportInvalid
    | ReportNotStarted
    | ReportHeld
    | ClaimEnvironment
    | LeaveEnvironment
    | AnswerClaim
)


def due(effect: Effect) -> float:
    """Not before when: a deadline, a schedule, what is to be looked at or asked again; everything else at once."""
    if isinstance(effect, StartAction):
        return effect.again.at if effect.again is not None else 0.0
    timed = FindOwners | WakeAt | RemindAt | StartRule | StartScheduled | WatchSource
    return effect.at if isinstance(effect, timed) else 0.0
