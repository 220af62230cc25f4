"""Events: the facts that `decide` is told. Each carries its own time and ids, since the core has no clock and makes no ids.

`id` makes an event harmless to tell twice: a lane takes an id once. What a host says is `bot.model.host_event`; these are
what it comes to mean for one lane.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.model.approval import Verdict
from bot.model.artifact import Artifact
from bot.model.condition import ConditionKind, RuleStatus
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, Trigger
from bot.model.host_event import CommentRef
from bot.model.owners import Owners
from bot.model.people import Person, Role
from bot.model.pipeline import Pipeline, RetryMode
from bot.model.results import ResultsSummary
from bot.model.revision import Revision
from bot.model.source import SourceRevision
from bot.model.waiting import Holder


@dataclass(frozen=True, slots=True)
class StartRequested:
    """A trigger, a person or another pipeline asks for a new execution. `execution` and `number` are its new names.

    `may_have_secrets`, `may_keep_cache`, `outside`: as an `Execution` has them. `followers`: the pipelines that its success
    starts. `source_revisions`: what it asks of further sources, by their actions' names (RUN-4).
    """

    id: str
    at: float
    execution: str
    number: int
    pipeline: Pipeline
    revision: Revision
    trigger: Trigger
    variables: Mapping[str, str] = field(default_factory=dict)
    comment: CommentRef | None = None
    may_have_secrets: bool = False
    may_keep_cache: bool = False
    outside: bool = False
    followers: tuple[str, ...] = ()
    version: int = 0
    source_revisions: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["start_requested"] = "start_requested"


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """The action's work has really begun (until then it waited for a free place). `waits`: for what somebody else has to do, in words."""

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    log: str = ""
    waits: str = ""
    kind: Literal["action_started"] = "action_started"


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """An action's work ended. `status` is SUCCEEDED, FAILED or ABANDONED; `outputs` are its output variables, `artifacts` what it made.

    `revision` is what a source action came to.
    """

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    status: ActionStatus
    started_at: float
    summary: str = ""
    error: ErrorCode | None = None
    exit_status: int | None = None
    peak_memory: int | None = None
    log: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    revision: SourceRevision | None = None
    results: ResultsSummary | None = None
    annotations: int = 0
    kind: Literal["action_finished"] = "action_finished"


@dataclass(frozen=True, slots=True)
class ApprovalAnswered:
    """Somebody answered an approval.

    `principals` are the entries of `by:` lists that this person satisfies, as the host says now. `head` is the pull
    request's newest commit as the host says now ("" where the question does not arise): an answer binds to the commit. `execution`,
    `stage` and `action` say which approval is meant, "" where there is only one.
    """

    id: str
    at: float
    by: Person
    role: Role
    verdict: Verdict
    stage: str = ""
    action: str = ""
    words: str = ""
    principals: tuple[str, ...] = ()
    head: str = ""
    execution: str = ""
    comment: CommentRef | None = None
    kind: Literal["approval_answered"] = "approval_answered"


@dataclass(frozen=True, slots=True)
class OwnersFound:
    """Whose approval is needed of an action that waits for code owners, or why that can't be known yet (`owners.problem`)."""

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    owners: Owners
    kind: Literal["owners_found"] = "owners_found"


@dataclass(frozen=True, slots=True)
class ApprovalExpired:
    """The deadline of a waiting approval has passed."""

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    kind: Literal["approval_expired"] = "approval_expired"


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
class RuleWaits:
    """A rule neither holds nor fails to yet: it is to be looked at again at `until`. `opens_at`: when the window opens."""

    id: str
    at: float
    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    until: float
    summary: str = ""
    opens_at: float | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rule_waits"] = "rule_waits"


@dataclass(frozen=True, slots=True)
class RuleFinished:
    """A rule was evaluated. `status` is SUCCEEDED or FAILED; `error` is set when it could not be evaluated (CND-2).

    `configuration` is what it was evaluated with, references resolved and secrets masked (RUL-8).
    """

    id: str
    at: float
    execution: str
    stage: str
    condition: ConditionKind
    rule: str
    attempt: int
    status: RuleStatus
    summary: str = ""
    error: ErrorCode | None = None
    log: str = ""
    configuration: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["rule_finished"] = "rule_finished"


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


@dataclass(frozen=True, slots=True)
class EnvironmentAnswered:
    """An environment tells who has it and how many come before the ticket; `granted`: it has it itself."""

    id: str
    at: float
    execution: str
    ticket: str
    granted: bool
    holder: Holder | None = None
    ahead: int = 0
    kind: Literal["environment_answered"] = "environment_answered"


@dataclass(frozen=True, slots=True)
class DefinitionChanged:
    """The home branch has another definition of the pipeline now: its version `version`."""

    id: str
    at: float
    pipeline: Pipeline
    version: int
    kind: Literal["definition_changed"] = "definition_changed"


@dataclass(frozen=True, slots=True)
class RefEnded:
    """The lane's branch or tag was deleted, or its pull request closed, so long ago that nobody comes back to it."""

    id: str
    at: float
    kind: Literal["ref_ended"] = "ref_ended"


Event = (
    StartRequested
    | ActionStarted
    | ActionFinished
    | ApprovalAnswered
    | OwnersFound
    | ApprovalExpired
    | StopRequested
    | RetryRequested
    | RuleWaits
    | RuleFinished
    | OverrideRequested
    | RollbackRequested
    | HoldRequested
    | ReleaseRequested
    | EnvironmentAnswered
    | DefinitionChanged
    | RefEnded
)
