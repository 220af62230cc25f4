"""An execution: one run of a pipeline for one revision, with its stages' and actions' runs. Lifecycles: `bot.core.lifecycle`.

The runs of a stage's conditions and their rules are in `bot.model.condition`, what a rollback is in `bot.model.rollback`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.approval import Answer
from bot.model.artifact import Artifact, space_of
from bot.model.condition import ConditionKind, ConditionRun
from bot.model.deployment_wait import DeploymentWait, LetGo
from bot.model.error import ErrorCode
from bot.model.outage import Outage
from bot.model.owners import Owners
from bot.model.people import Person
from bot.model.pipeline import RetryMode
from bot.model.repository import Ref, Repository
from bot.model.results import ResultsSummary
from bot.model.revision import Revision
from bot.model.rollback import ExecutionType, Rollback
from bot.model.source import SourceRevision
from bot.model.waiting import Claim, Wait


class ExecutionStatus(StrEnum):
    """CodePipeline's names (section 9.1)."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    SUPERSEDED = "Superseded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @property
    def ended(self) -> bool:
        return self not in _GOING_ON


class StageStatus(StrEnum):
    """NOT_STARTED is ours, for a stage that the execution has not entered: AWS has no record then.

    So is WITHHELD, for one that a change from outside must not enter and has passed over (`bot.core.outside`).
    """

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    WITHHELD = "Withheld"

    @property
    def ended(self) -> bool:
        return self not in _NOT_ENDED


# Sets of their own: to name a member is a call in Python 3.11, and a decision asks often.
_GOING_ON = frozenset({ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING})
_NOT_ENDED = frozenset({StageStatus.NOT_STARTED, StageStatus.IN_PROGRESS, StageStatus.STOPPING})


class ActionStatus(StrEnum):
    """NOT_STARTED is ours, for an action with no record (shown as "didn't run" once its stage ended)."""

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


class TriggerKind(StrEnum):
    """Section 7.1. SOURCE: a further source has changed; REVISION: a revision was told from outside (section 7.6)."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    MERGE_QUEUE = "merge_queue"
    MANUAL = "manual"
    SCHEDULE = "schedule"
    PIPELINE = "pipeline"
    SOURCE = "source"
    WEBHOOK = "webhook"
    REVISION = "revision"
    MANUAL_ROLLBACK = "manual_rollback"
    AUTOMATED_ROLLBACK = "automated_rollback"


class RetryTrigger(StrEnum):
    """Who retried a stage last (RET-14)."""

    AUTOMATED = "AutomatedStageRetry"
    MANUAL = "ManualStageRetry"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why an execution started: the kind, who caused it, and a detail in words (the event, the command, the schedule).

    `execution` is the one whose success started it.
    """

    kind: TriggerKind
    by: Person | None = None
    detail: str = ""
    execution: str = ""


@dataclass(frozen=True, slots=True)
class LaneKey:
    """A pipeline's lane: one per ref. Modes, occupancy and supersession apply within it."""

    repository: Repository
    pipeline: str
    ref: Ref

    @property
    def id(self) -> str:
        """A stable text key; survives the repository's renaming, since it is made of the host's id."""
        return f"{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.ref}"


@dataclass(frozen=True)  # no slots: see `bot.core.draft`
class ActionRun:
    """An action's latest attempt. `log` is the key of its log; `peak_memory` bytes.

    `deadline` is when a waiting approval times out. `resolved` has the value of each reference that the attempt uses, as it
    was when the attempt began (VAR-5, VAR-9); what is secret in them is masked. `inputs` are the artifacts it was given (ART-4),
    `artifacts` those it has made, by name. `revision` is what a source action came to (SRC-2). `annotations` counts what its log remarks about lines of files.
    `owners` are those of what has changed, where an approval is theirs; None until they are found. `external_url` is the page of what it
    has made elsewhere, or waits for there. `waits` is what a deployment waits for that people can let go on, or have to merge, `let_go` what they have let go on. `outage` is what keeps it from going on now.
    """

    name: str
    status: ActionStatus = ActionStatus.NOT_STARTED
    attempt: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    summary: str = ""
    error: ErrorCode | None = None
    exit_status: int | None = None
    peak_memory: int | None = None
    log: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    deadline: float | None = None
    resolved: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Artifact] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    revision: SourceRevision | None = None
    results: ResultsSummary | None = None
    annotations: int = 0
    owners: Owners | None = None
    external_url: str = ""
    waits: DeploymentWait | None = None
    let_go: tuple[LetGo, ...] = ()
    outage: Outage | None = None


@dataclass(frozen=True)  # no slots: see `bot.core.draft`
class StageRun:
    """A stage's run in one execution. `attempts` counts entries and retries, of which `auto_retries` (at most 1, RET-11) by the
    pipeline and `manual_retries` by people (RET-14). `retry_mode` is the latest retry's, None where there was none.

    The conditions are those of the latest attempt, None while they have not been judged in it (RET-7). `past` are attempts at
    actions that a retry has replaced, as they ended, oldest first (RET-1), and `past_conditions` the conditions of earlier
    attempts (RUL-8); the oldest go when they are too many. `withheld`: why it was passed over.
    """

    name: str
    actions: tuple[ActionRun, ...]
    status: StageStatus = StageStatus.NOT_STARTED
    attempts: int = 0
    auto_retries: int = 0
    manual_retries: int = 0
    latest_retry: RetryTrigger | None = None
    retry_mode: RetryMode | None = None
    started_at: float | None = None
    ended_at: float | None = None
    before_entry: ConditionRun | None = None
    on_success: ConditionRun | None = None
    on_failure: ConditionRun | None = None
    past: tuple[ActionRun, ...] = ()
    past_conditions: tuple[ConditionRun, ...] = ()
    withheld: str = ""

    def action(self, name: str) -> ActionRun:
        for action in self.actions:  # asked for at every turn of a decision
            if action.name == name:
                return action
        raise KeyError(name)

    def condition(self, kind: ConditionKind) -> ConditionRun | None:
        run: ConditionRun | None = getattr(self, kind.value)
        return run

    @property
    def conditions(self) -> tuple[ConditionRun, ...]:
        """Those that have been judged in this attempt, in the order in which they are."""
        return tuple(run for run in (self.before_entry, self.on_success, self.on_failure) if run is not None)


class Resume(StrEnum):
    """How an execution that was retried, or passed a condition by hand, goes on in its stage."""

    FAILED_ACTIONS = "failed"
    ALL_ACTIONS = "all"
    ADVANCE = "advance"


@dataclass(frozen=True, slots=True)
class Stop:
    """Who stopped the execution, how and why (STP-5). `by` None: the bot itself, as `reason` says."""

    abandon: bool
    reason: str = ""
    by: Person | None = None


@dataclass(frozen=True)  # no slots: see `bot.core.draft`
class Execution:
    """One run. `number` counts executions of one pipeline across its lanes, and orders them: higher is newer.

    `definition` is the digest of the pipeline it runs. `stage` is the index of the stage it is in or waits for.
    `followers` are the pipelines that its success starts. `may_have_secrets`: the pipeline's, since whoever made this revision
    may write to the repository; `may_keep_cache`: for others to begin with. Both are found out when it starts, where the
    pipeline has something to be had by them. `outside`: nobody who may write has made it, so that somebody had to let it run; what acts on anything beyond the build is then withheld, and passed over (`bot.core.outside`).
    `waiting` is true while it is an inbound execution of that stage, false while it is inside; `wait` says what it waits
    for (None in what an older version wrote). `superseded_by` is the execution that took its place. `summary` says in words
    why it ended as it did (ST-2). `rolled_back_by` is the rollback that its failure caused (RBK-5); `rollback` says what an
    execution of type ROLLBACK brings back. `resuming` is what it goes on with once it is back in the stage that it waits
    for. `pipeline_version` is the version that it runs (VER-7), 0 for a definition that the home branch never had;
    `source_revisions` are what its start asks of further sources, by their actions' names (RUN-4).
    `edited_in` the version that ended it, or that keeps it from being retried. `claim` is what it has asked of an environment, or had asked last when it has ended; `claims` counts.
    """

    id: str
    number: int
    lane: LaneKey
    definition: str
    revision: Revision
    trigger: Trigger
    stages: tuple[StageRun, ...]
    started_at: float
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS
    stage: int = 0
    waiting: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 1
    updated_at: float = 0.0
    ended_at: float | None = None
    stop: Stop | None = None
    superseded_by: str = ""
    superseded_by_number: int = 0
    summary: str = ""
    type: ExecutionType = ExecutionType.STANDARD
    rollback: Rollback | None = None
    rolled_back_by: str = ""
    rolled_back_by_number: int = 0
    may_have_secrets: bool = False
    may_keep_cache: bool = False
    outside: bool = False
    wait: Wait | None = None
    followers: tuple[str, ...] = ()
    resuming: Resume | None = None
    claim: Claim | None = None
    claims: int = 0
    pipeline_version: int = 0
    edited_in: int = 0
    source_revisions: Mapping[str, str] = field(default_factory=dict)

    @property
    def current(self) -> StageRun:
        return self.stages[self.stage]

    @property
    def artifact_space(self) -> str:
        """Where what it makes is kept."""
        return space_of(self.lane.repository, outside=self.outside)

    @property
    def withheld(self) -> tuple[StageRun, ...]:
        """The stages that it was not let into, since its change comes from outside."""
        return tuple(stage for stage in self.stages if stage.status is StageStatus.WITHHELD)

    @property
    def in_part(self) -> bool:
        """Whether it came to its end, and did all that it may, but not all that there is."""
        return self.status is ExecutionStatus.STOPPED and self.stop is None and bool(self.withheld)

    def stage_run(self, name: str) -> StageRun:
        return next(stage for stage in self.stages if stage.name == name)
