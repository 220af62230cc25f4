"""What becomes of actions, and of the approvals that some of them wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.model.approval import Verdict
from bot.model.artifact import Artifact
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.host_event import CommentRef
from bot.model.outage import Outage
from bot.model.owners import Owners
from bot.model.people import Person, Role
from bot.model.results import ResultsSummary
from bot.model.source import SourceRevision


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """The action's work has really begun (until then it waited for a free place). `waits`: for what somebody else has to do, or how far it is, in
    words; `external_url`: where that is to be seen. `outage`: it has begun and can't go on, which is all that this says; None: it goes on.
    """

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    log: str = ""
    waits: str = ""
    external_url: str = ""
    outage: Outage | None = None
    kind: Literal["action_started"] = "action_started"


@dataclass(frozen=True, slots=True)
class ActionWaits:
    """The action has not ended, and goes on as `again` says. `waits`: for what somebody has to do, or can let go on; None: for nothing of the kind any
    more. `external_url`: where that can be done.
    """

    id: str
    at: float
    execution: str
    stage: str
    action: str
    attempt: int
    again: Continuation
    waits: DeploymentWait | None = None
    external_url: str = ""
    kind: Literal["action_waits"] = "action_waits"


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """An action's work ended. `status` is SUCCEEDED, FAILED or ABANDONED; `outputs` are its output variables, `artifacts` what it made.

    `revision` is what a source action came to, `external_url` where others show what it has done.
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
    external_url: str = ""
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
