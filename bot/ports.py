"""The ports: what the runtime asks of the world, as Protocols, with the plain data that crosses them and the errors they raise.

No adapter is named here. Each port has one contract suite in tests/contracts, which the real adapter and any fake must pass.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.core.effects import Effect, job_id, rule_job_id
from bot.core.events import Event
from bot.model.artifact import Artifact
from bot.model.condition import ConditionKind, RuleRun
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Execution, LaneKey
from bot.model.host_event import CommentRef, HostEvent, Thread
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.people import Person, Role
from bot.model.pipeline import Action, Checkout, Pipeline, Rule, Stage
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, Repository
from bot.model.status import CommitStatus


class Clock(Protocol):
    """The only source of time. Seconds since the epoch, UTC."""

    def now(self) -> float: ...


# --- Git hosts -------------------------------------------------------------------------------------------------------


class ProviderError(Exception):
    """A host could not be asked or refused. The text is safe to show: it never holds a secret."""


class SignatureMissing(ProviderError):
    """The delivery carries no signature, or no secret is configured: 401."""


class SignatureWrong(ProviderError):
    """The delivery's signature is not ours: 403."""


class NotADelivery(ProviderError):
    """Required headers are missing or malformed: 400."""


class HostUnavailable(ProviderError):
    """The host did not answer, answered 5xx, or limits our rate. Try again, not before `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HostRefused(ProviderError):
    """The host understood and will not (401, 403, 404, 410, 422): trying again would not help."""


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What a host can show: characters of a status description and of a comment, whether it has reactions and `<details>`."""

    description: int
    comment: int
    reactions: bool
    folding: bool
    command_prefix: str = "/"
    """What people are told to type before a command's name: `/`, or `/penstock ` where the host takes bare ones itself."""


@dataclass(frozen=True, slots=True)
class GitRemote:
    """Where Git fetches from. The password reaches git only through GIT_ASKPASS, never an argument, a URL or a file.

    `path` is set when the repository lies on this machine (the embedded host): objects are then read in place.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    path: Path | None = None


class Provider(Protocol):
    """One Git host. `read_delivery` and `verify` are plain functions: no I/O, no outbound call before verification."""

    name: str
    limits: HostLimits

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check the signature over the raw bytes in constant time. Raises SignatureMissing or SignatureWrong."""

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        """Name a verified delivery. Raises NotADelivery when its id or event header is missing."""

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        """Read a stored delivery: one event or several (of one push to several refs), in the host's order.

        The same delivery is always read as the same events. Never raises on bad input: what can't be read is one
        `Ignored` with the reason.
        """

    async def complete(self, event: HostEvent) -> HostEvent:
        """The event with what its delivery does not tell and nobody can do without (a default branch, a whole commit id).

        A host that tells all gives it back as it is. Raises ProviderError when the host can't be asked.
        """

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        """The host's own page of a repository, pull request or commit, for links."""

    async def set_status(self, status: CommitStatus) -> None:
        """Show a commit status. Setting the same again is harmless."""

    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",
    ) -> str:
        """Post the comment that carries `marker`, or edit it where the bot has posted it before; its id comes back.

        `marker` is an HTML comment that `body` begins with; a host that would show one writes it in its own way.
        `known_id` saves the search; when that comment has been deleted, or none is known, every page of the thread is
        searched, the bot's own comments only. `in_reply_to` is the comment that this one answers: hosts with threads put
        it below that one, and search there.
        """

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """Add a reaction ("+1", "eyes", "confused"); harmless when it is there already."""

    async def role(self, repository: Repository, person: Person) -> Role:
        """What the person may do there, asked afresh. Raises rather than guesses when the host can't say."""

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:
        """Whether the person belongs to the team (`owner/team`)."""

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None: ...

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:
        """Those that have brought the commit to where it is by being merged, then open ones with it at their head."""

    async def head(self, repository: Repository, branch: str) -> str | None:
        """The branch's newest commit, None when there is no such branch."""

    async def remote(self, repository: Repository) -> GitRemote: ...

    async def close(self) -> None: ...


# --- Git -------------------------------------------------------------------------------------------------------------


class CommitUnavailable(Exception):
    """The commit is not to be had from the host any more (force-pushed away, deleted). The text says so to a user."""


class Sources(Protocol):
    """The commits of repositories: mirrored once, read and checked out from the mirror."""

    async def fetch(self, repository: Repository, commits: Sequence[str], checkout: Checkout) -> None:
        """Have the commits in the mirror; what is there already costs no network. Raises CommitUnavailable, ProviderError."""

    async def files(self, repository: Repository, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of those of `paths` that exist at the commit; a path ending in `/` stands for the files right in it."""

    async def changed_paths(
        self, repository: Repository, before: str, after: str, *, since_fork: bool = False
    ) -> tuple[str, ...]:
        """The paths that differ between two commits (fetched if need be).

        `since_fork`: only those that `after` changed since it left the line of `before`, as hosts show a pull request.
        """

    async def prune(self, keep: Mapping[Repository, Collection[str]], grace: float) -> int:
        """Let go of copies of commits that are not in `keep` and were not wanted in the last `grace` seconds; how many is the answer."""

    async def describe(self, repository: Repository, commit: str) -> tuple[str, str]:
        """The commit's whole message and its author date in ISO 8601."""

    async def check_out(self, repository: Repository, commit: str, checkout: Checkout, into: Path) -> None:
        """A work tree of the commit at `into` (which does not exist yet), a Git repository of its own."""

    async def remove(self, path: Path) -> None:
        """Remove a folder with a work tree in it, whatever an action has made of its permissions. None there is no error."""


# --- Secrets ---------------------------------------------------------------------------------------------------------


class SealBroken(Exception):
    """A value can't be opened, or can't be sealed; the text says why, and holds nothing secret."""


class Secrets(Protocol):
    """The keys to what is sealed in pipeline files. A sealed value opens only for its own repository and name."""

    def public_key(self, repository: Repository) -> str:
        """What `penstock seal` seals to."""

    def open(self, repository: Repository, name: str, sealed: str) -> str:
        """The secret itself. Raises SealBroken."""


# --- Artifacts -------------------------------------------------------------------------------------------------------


class ArtifactError(Exception):
    """An artifact could not be packed or unpacked, for a reason that trying again does not mend. The text is safe to show."""


class StorageUnavailable(Exception):
    """The artifacts' storage did not take or give something (full, unreachable, not allowed). Trying again may help."""


class Artifacts(Protocol):
    """Folders, kept whole and never changed. A `space` shares content: one a repository."""

    async def pack(
        self, space: str, artifact: str, root: Path, patterns: Sequence[str] = ..., *, series: str = ""
    ) -> Artifact:
        """Keep what the patterns choose below `root`. Of a `series` much is the same from one to the next.

        Done again under the same id (after a crash, say) it replaces what the first try made. Raises ArtifactError,
        StorageUnavailable.
        """

    async def unpack(self, space: str, artifact: str, root: Path) -> None:
        """Make the folder `root`, which must not exist, as it was packed. Raises ArtifactError, StorageUnavailable."""

    def tar(self, space: str, artifact: str) -> AsyncIterator[bytes]:
        """The artifact as a tar file, compressed with gzip. Raises ArtifactError, StorageUnavailable."""

    async def remove(self, space: str, artifacts: Sequence[str]) -> None:
        """Forget artifacts; unknown ones are no error."""

    async def collect(self, space: str) -> int:
        """Free what no artifact of the space needs any more; how many objects went."""


# --- Running actions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work for an executor. `id` names it for ever; `script` is run by `sh -e` in `workdir`.

    `env` is the whole environment. `secrets` are values masked in the log. `timeout` in seconds. `log` is the log's key.
    `output` is the file from which output variables (NAME=value lines) are read afterwards.
    """

    id: str
    script: str
    workdir: Path
    env: Mapping[str, str]
    log: str
    timeout: float
    secrets: tuple[str, ...] = ()
    output: Path | None = None


class JobEnd(StrEnum):
    EXITED = "exited"
    TIMED_OUT = "timed_out"
    KILLED = "killed"
    INTERRUPTED = "interrupted"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. `exit_status` is negative for a signal, as in subprocess; `peak_memory` bytes; `reason` in words where it never ran."""

    end: JobEnd
    exit_status: int | None
    started_at: float
    ended_at: float
    peak_memory: int | None = None
    reason: str = ""


class Executor(Protocol):
    """Where jobs run. A job is found again by its id."""

    async def run(self, job: Job) -> JobResult:
        """Run the job, or say how it ended when it ran before: a job that a dead bot left behind is INTERRUPTED.

        The first to call owns the job; cancelling the call kills it, and it counts as INTERRUPTED from then on: only
        `kill` makes it KILLED. Nothing of it is left running afterwards.
        """

    async def kill(self, job_id: str) -> None:
        """Kill the job and all its children, grandchildren and daemons. Unknown and ended jobs are no error."""

    async def forget(self, job_id: str) -> None:
        """Drop what is remembered of an ended job."""

    async def close(self) -> None:
        """Kill what still runs, which ends as INTERRUPTED, and let go of everything."""


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Bytes of a log from `offset` on. `next_offset` is where to go on; `complete` when nothing will follow it.

    `dropped` counts bytes that were left out just before this chunk (the middle of a log beyond its limit).
    """

    data: bytes
    offset: int
    next_offset: int
    complete: bool
    dropped: int = 0


class Logs(Protocol):
    """Action logs by key, for those who read them. Writing is the executor's own affair."""

    async def read(self, key: str, offset: int = 0, limit: int = 1 << 20) -> LogChunk | None:
        """A part of the log; None when there is no such log."""

    async def tail(self, key: str, lines: int) -> str:
        """The last lines, escape sequences removed, "" when there are none."""

    def follow(self, key: str, offset: int = 0) -> AsyncIterator[LogChunk]:
        """Chunks as they are written, until the log is complete; none when there is no such log (yet)."""

    async def remove(self, prefix: str) -> None:
        """Remove the log of that key and all whose keys go on from it with a `/`. None there is no error."""


# --- The store -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commit:
    """What one decision changes, written in one transaction.

    Executions in `after` that are not the same object as in `before` are written as live. `retired` are those that left the
    live state with this decision, as they ended: written a last time, not live. `settles` are keys of outbox entries done with it.
    """

    lane: LaneKey
    event: Event
    before: LaneState
    after: LaneState
    effects: tuple[Effect, ...]
    settles: tuple[str, ...] = ()
    retired: tuple[Execution, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentCommit:
    """What one claim or departure changes of an environment, with the answers that follow, written in one transaction."""

    before: EnvironmentState
    after: EnvironmentState
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A pipeline's content on its home branch: the how manieth, its digest, and the delivery that brought it."""

    number: int
    digest: str
    cause: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery (by its key), with the reason in words where it was not simply done."""

    key: str
    outcome: DeliveryOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An effect to perform. `due` is not before when; `attempts` failed so far; `stamp` changes whenever the effect is ordered anew."""

    key: str
    effect: Effect
    lane: str
    due: float
    attempts: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Reported:
    """What a host was last told under a key (a status context, a comment): its digest, and the host's id for it."""

    digest: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One recorded event of an execution."""

    sequence: int
    event: Event


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Which executions to list; empty fields do not filter.

    `repository` is a full name as last heard, which several hosts may have; `provider`, beside it, says of which host.
    `repository_id`, with `provider` and in place of the name, is the host's own id: it survives a renaming.
    """

    repository: str = ""
    pipeline: str = ""
    ref: str = ""
    commit: str = ""
    live: bool = False
    provider: str = ""
    repository_id: str = ""

    @classmethod
    def of_lane(cls, lane: LaneKey) -> "ExecutionFilter":
        """All executions of one lane."""
        repository = lane.repository
        return cls("", lane.pipeline, str(lane.ref), provider=repository.provider, repository_id=repository.id)

    @classmethod
    def of_commit(cls, repository: Repository, commit: str) -> "ExecutionFilter":
        """All executions of one commit."""
        return cls(commit=commit, provider=repository.provider, repository_id=repository.id)


class ConcurrentChange(Exception):
    """Another writer changed the lane since it was loaded: load it again and decide again."""


class StoreUnavailable(Exception):
    """The database can't be read or written now (locked, full, gone, of another version). The text is safe to show."""


class Store(Protocol):
    """Everything durable. A method that returns has its change on disk: what it was told survives SIGKILL and loss of power."""

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        """Keep deliveries, all or none of them; False for each whose provider and id were seen before."""

    async def pending_deliveries(self) -> list[Delivery]:
        """What is still to be handled, in order of arrival."""

    async def settle_deliveries(self, settled: Sequence[Settled]) -> None:
        """Record what became of deliveries. Unknown keys are no error."""

    async def forget_deliveries(self, before: float, limit: int) -> int:
        """Forget settled deliveries that came before that time: of the `limit` oldest, how many is the answer.

        A delivery that is forgotten would be new if it came again; one that is still to be handled is never forgotten.
        """

    async def load_lane(self, lane: LaneKey) -> LaneState:
        """The lane's live state; an empty one when the lane is new."""

    async def commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        """Write a decision; the outbox entries of its effects come back, stamped. None, and nothing written, when the
        lane has taken that event before.

        Raises ConcurrentChange when the lane is not as `commit.before` was loaded.
        """

    async def load_environment(self, key: EnvironmentKey) -> EnvironmentState:
        """As it stands; nobody's when it was never claimed."""

    async def commit_environment(self, commit: EnvironmentCommit) -> Sequence[OutboxEntry]:
        """Write a decision about an environment; the outbox entries of its answers come back, stamped.

        Raises ConcurrentChange when it is not as `commit.before` was loaded.
        """

    async def record_version(self, repository: Repository, pipeline: Pipeline, cause: str) -> DefinitionVersion:
        """The pipeline as its home branch has it now: a new version when its content differs from the last one's (VER-1)."""

    async def version_of(self, repository: Repository, pipeline: str, digest: str) -> int:
        """The newest version of the pipeline with that content, 0 when its home branch never had it."""

    async def definition_version(self, repository: Repository, pipeline: str, number: int) -> Pipeline | None:
        """That version of the pipeline, None when there is none (VER-8)."""

    async def ask(self, execution: Execution, thread: Thread) -> None:
        """Keep where people are asked for the execution's approvals; the first place stays."""

    async def asked(self, execution: str) -> Thread | None:
        """Where they are."""

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        """The executions that are asked for in a thread."""

    async def next_number(self, repository: Repository, pipeline: str) -> int:
        """A new execution number of the pipeline: higher than all that were committed, and than all given since the store was opened.

        A number that was given may be lost: its execution was refused, or never committed.
        """

    async def told(self, lane: LaneKey, event: str) -> bool:
        """Whether the lane has taken the event of that id, however it was decided."""

    async def enqueue(self, effects: Sequence[Effect], handled: str = "") -> Sequence[OutboxEntry]:
        """Order effects that belong to no lane; their stamped entries come back. `handled` is the key of a delivery that is
        done with them, in the same transaction.
        """

    async def pending_effects(self, due_before: float) -> list[OutboxEntry]:
        """The outbox's entries that fall due before that time, oldest order first. A `WakeAt` is due at its `at`."""

    async def settle_effect(self, key: str, stamp: int) -> bool:
        """Take an effect out; False when it was ordered anew since (another stamp), and so must be performed again."""

    async def postpone_effect(self, key: str, stamp: int, due: float, attempts: int) -> None: ...

    async def reported(self, keys: Sequence[str]) -> Mapping[str, Reported]: ...

    async def set_reported(self, values: Mapping[str, Reported]) -> None: ...

    async def record_intake(self, repository: Repository, ref: Ref, default_branch: str, intake: Intake) -> None: ...

    async def intake(self, repository: Repository, ref: Ref) -> Intake | None: ...

    async def intakes_of(self, repository: Repository, commit: str) -> list[Intake]:
        """The intakes of that commit, the newest first; none when its refs have heard of others since."""

    async def default_branch(self, repository: Repository) -> str:
        """The default branch as last seen, "" when the repository is unknown."""

    async def lanes(self, repository: Repository, ref: Ref) -> list[LaneKey]:
        """The lanes of a ref, all its pipelines, that ever had an execution."""

    async def recent_lanes(self, repository: Repository, pipeline: str, limit: int, before: str = "") -> list[LaneKey]:
        """The lanes of the repository's pipeline (all its pipelines: ""), that with the newest execution first; `before` is the
        id of the last lane of the page before.
        """

    async def execution(self, execution: str) -> tuple[Execution, Pipeline] | None: ...

    async def newest_execution(self, repository: Repository, pipeline: str, commit: str) -> str:
        """The id of the newest execution of the pipeline for the commit, "" when there is none."""

    async def executions(self, which: ExecutionFilter, limit: int, before: str = "") -> list[Execution]:
        """Newest first; `before` is the id of the last one of the previous page."""

    async def history(self, execution: str) -> list[HistoryEntry]:
        """The events of one execution in the order they were decided. A definition that was removed is but a name and a digest."""

    async def oldest_executions(self, limit: int, after: int = 0) -> list[tuple[int, Execution]]:
        """Oldest first, each with its place; `after` is the place of the last one of the page before."""

    async def rollback_targets(self, lane: LaneKey) -> set[str]:
        """The ids of the executions that the lane's rollbacks name as their targets."""

    async def remove_executions(self, executions: Collection[str], reported: Collection[str]) -> int:
        """Remove executions for good, but for live ones, with all that only they refer to: events, questions, definitions.

        What was reported under keys that begin with one of `reported` goes, too. How many executions went is the answer.
        """

    async def repositories(self) -> list[tuple[Repository, str]]:
        """Repositories that have been heard of, with their default branches, by name."""

    async def close(self) -> None: ...


# --- Action types ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Everything an action type may know: which action of which execution, and which attempt at it."""

    execution: Execution
    pipeline: Pipeline
    stage: Stage
    action: Action
    attempt: int

    @property
    def job(self) -> str:
        return job_id(self.execution.id, self.stage.name, self.action.name, self.attempt)


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """How an action ended: SUCCEEDED, FAILED with a code and a summary in words, or ABANDONED."""

    status: ActionStatus
    started_at: float
    summary: str = ""
    error: ErrorCode | None = None
    exit_status: int | None = None
    peak_memory: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class RuleContext:
    """Everything a rule type may know: which rule of which condition, its run so far, and when it is looked at."""

    execution: Execution
    pipeline: Pipeline
    stage: Stage
    condition: ConditionKind
    rule: Rule
    run: RuleRun
    attempt: int
    now: float

    @property
    def job(self) -> str:
        return rule_job_id(self.execution.id, self.stage.name, self.condition, self.rule.name, self.attempt)

    @property
    def left(self) -> float:
        """Seconds until the rule counts as not evaluated."""
        return self.rule.limit if self.run.deadline is None else max(0.0, self.run.deadline - self.now)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a look at a rule came to: it holds, it does not, or (None) it is to be looked at again at `until`.

    `summary` says why, in words. With an `error` it could not be evaluated, and so does not hold (CND-2). `configuration` is
    what it was evaluated with, references resolved and secrets masked. `log` is the key of its log, if it has one.
    """

    holds: bool | None
    summary: str = ""
    error: ErrorCode | None = None
    until: float = 0.0
    opens_at: float | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    log: str = ""


class RuleType(Protocol):
    """How one kind of rule is evaluated. Evaluating again is harmless: after a crash, and at every look, that is what happens."""

    works: bool
    """Whether an evaluation takes one of the places that actions run in."""

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        """Look at the rule, once. Cancelling ends it. Raises only for our own failures, which are then tried again."""

    async def abandon(self, job: str) -> None:
        """End the evaluation of that name, wherever it is; unknown and ended ones are no error."""

    async def forget(self, job: str) -> None:
        """The result is durable: whatever was kept of it may go."""
