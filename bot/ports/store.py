"""What the runtime asks of the database: one transaction a decision, and reading for pages and commands."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from bot.core.effects import Effect
from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.delivery import Delivery
from bot.model.deployment import Deployment
from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef, Thread
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.object_deployment import WrittenObjects
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.model.results import ResultsRecord
from bot.ports.records import (
    Commit,
    DefinitionVersion,
    EnvironmentCommit,
    ExecutionFilter,
    HistoryEntry,
    OutboxEntry,
    Reported,
    Settled,
)


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

    async def known_deliveries(self, keys: Collection[str]) -> set[str]:
        """Those of them that have been kept, and are not forgotten."""

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

    async def home_pipelines(self) -> list[tuple[Repository, Pipeline]]:
        """The newest version of every pipeline that a home branch ever had, but of repositories that have left; some are not
        there any more.
        """

    async def ask(self, execution: Execution, thread: Thread) -> None:
        """Keep where people are asked for the execution's approvals; the first place stays."""

    async def asked(self, execution: str) -> Thread | None:
        """Where they are."""

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        """The executions that are asked for in a thread."""

    async def keep_results(self, repository: Repository, pipeline: str, record: ResultsRecord) -> None:
        """Keep what tests came to; kept again for the same attempt, the last one counts."""

    async def results(self, execution: str) -> list[ResultsRecord]:
        """Of all attempts at all actions of an execution."""

    async def keep_annotations(self, record: AnnotationsRecord) -> None:
        """Keep what a log remarks; kept again for the same attempt, the last one counts."""

    async def annotations(self, execution: str) -> list[AnnotationsRecord]:
        """Of all attempts at all actions of an execution."""

    async def keep_batch(self, batch: BatchRun) -> None:
        """Keep how far a batch is; kept again for the same attempt, the last one counts."""

    async def batches(self, execution: str) -> list[BatchRun]:
        """Of all attempts at all actions of an execution."""

    async def keep_deployment(self, deployment: Deployment) -> None:
        """Kept again under the same id, the last one counts. The newest success of a group outlives its execution."""

    async def deployment(self, deployment: str) -> Deployment | None: ...

    async def deployments(self, execution: str) -> list[Deployment]:
        """Of all attempts at all actions of an execution, the oldest first."""

    async def last_deployment(self, group: str, *, succeeded: bool) -> Deployment | None:
        """The newest of the group that has succeeded, or that has ended otherwise."""

    async def open_deployments(self, group: str) -> list[Deployment]:
        """Those of the group that have not ended, the oldest first."""

    async def keep_written_objects(self, destination: str, written: WrittenObjects) -> None:
        """What deployments have written to a destination by now; the last word counts."""

    async def written_objects(self, destination: str) -> WrittenObjects:
        """Nothing, where nothing was kept."""

    async def past_results(
        self,
        repository: Repository,
        pipeline: str,
        place: tuple[str, str],
        limit: int,
        *,
        ref: str = "",
        commit: str = "",
    ) -> list[ResultsRecord]:
        """Newest first: of the action at that place (its stage's name and its own) on a ref, or else at a commit."""

    async def cache_entries(self, repository: Repository) -> list[CacheEntry]:
        """All entries of its builds' caches, the newest first."""

    async def keep_cache_entry(self, repository: Repository, entry: CacheEntry) -> None:
        """Keep it, in the place of one of the same scope, version, ref and key."""

    async def forget_cache_entries(self, repository: Repository, artifacts: Collection[str]) -> None:
        """Forget the entries that are those artifacts; unknown ones are no error."""

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

    async def heard(self, repository: Repository) -> Mapping[Ref, Intake]:
        """The last intake of each of its refs: what has been heard of them."""

    async def seen_refs(self, repository: Repository) -> Mapping[Ref, str] | None:
        """The commits of the refs that had been seen and not heard of when they were last looked at; None when they never were."""

    async def keep_seen_refs(self, repository: Repository, seen: Mapping[Ref, str]) -> None:
        """Keep that in the place of what was kept before."""

    async def take_comment(self, comment: CommentRef, delivery: str, at: float) -> bool:
        """Whether it is this delivery's to obey: the first one to bring the comment, however often it is read. `at`: now."""

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

    async def teller(self, repository: Repository, pipeline: str, commit: str) -> str:
        """The id of the execution that tells how the pipeline's statuses on the commit stand, "" when there is none: the newest
        one, but one of a change from outside only where there is no other.
        """

    async def executions(self, which: ExecutionFilter, limit: int, before: str = "") -> list[Execution]:
        """Newest first; `before` is the id of the last one of the previous page."""

    async def execution_called(self, lane: LaneKey, asked: str) -> Execution | None:
        """The lane's execution as people name it: by its number, or by its id as far as it is written (8 characters at least)."""

    async def succeeded(
        self, lane: LaneKey, stage: str, definition: str, limit: int, before: str = ""
    ) -> Sequence[Execution]:
        """What succeeded in the stage with that definition and can be rolled back to, however old: newest first, behind `before`."""

    async def history(self, execution: str) -> list[HistoryEntry]:
        """The events of one execution in the order they were decided. A definition that was removed is but a name and a digest."""

    async def oldest_executions(self, limit: int, after: int = 0) -> list[tuple[int, Execution]]:
        """Oldest first, each with its place; `after` is the place of the last one of the page before."""

    async def surplus_executions(self, kept: int) -> list[str]:
        """The ids of the executions that are live no more and not among the newest `kept` of their lane, oldest first."""

    async def rollback_targets(self, lane: LaneKey) -> set[str]:
        """The ids of the executions that the lane's rollbacks name as their targets."""

    async def forget_events(self, before: float, limit: int, after: int = 0) -> tuple[int, int]:
        """Forget what lanes were told before that time and no execution was changed by: how many went, of at most `limit`,
        and the place of the last one, from which to go on (`after`).
        """

    async def forget_intakes(self, before: float) -> int:
        """Forget what refs that are over last heard, before that time, once there are no executions of them; how many went."""

    async def forget_comments(self, before: float, limit: int) -> int:
        """Forget who brought comments that were taken before that time, so many at most; how many went.

        What nothing is known of any more: a pull request that was closed long ago (as with intakes), a commit that no execution ran
        and no ref is at. One of any other comment would be obeyed again if it came again.
        """

    async def remove_executions(self, executions: Collection[str], reported: Collection[str]) -> int:
        """Remove executions for good, but for live ones, with all that only they refer to: events, questions, definitions.

        What was reported under keys that begin with one of `reported` goes, too. How many executions went is the answer.
        """

    async def called(self, provider: str, full_name: str) -> tuple[Repository, str] | None:
        """The repository of that name on that host, or else the one that had it before, with its default branch."""

    async def rename(self, repository: Repository) -> None:
        """A known one is called so by now. What it was called before still leads to it."""

    async def leave(self, repository: Repository) -> None:
        """It is deleted, archived, or no longer this bot's: nothing starts by itself there, until something is heard of it again."""

    async def repositories(self) -> list[tuple[Repository, str]]:
        """Repositories that have been heard of, with their default branches, by name."""

    async def connected_repositories(self) -> list[tuple[Repository, str]]:
        """Those of them that have not left."""

    async def close(self) -> None: ...


# --- Action types ----------------------------------------------------------------------------------------------------
