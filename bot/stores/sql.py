"""`SqlStore`: the store on a SQL database. It says which rows each method reads or writes; how is in the files beside it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from bot.core.effects import Effect
from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef, Thread
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.object_deployment import WrittenObjects
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.model.results import ResultsRecord
from bot.model.server_deployment import ServerDeployment
from bot.ports import (
    Commit,
    DefinitionVersion,
    EnvironmentCommit,
    ExecutionFilter,
    HistoryEntry,
    KeptSecret,
    OutboxEntry,
    Reported,
    SealingKey,
    Settled,
)
from bot.stores import (
    annotations,
    batches,
    caches,
    comments,
    deliveries,
    environments,
    executions,
    kept_secrets,
    outbox,
    questions,
    repositories,
    results,
    retention,
    schema,
    sealing_keys,
    seen_refs,
    server_deployments,
    successes,
    versions,
    written_objects,
)
from bot.stores.arrivals import Arrivals
from bot.stores.database import open_readers, open_writer
from bot.stores.definitions import Definitions
from bot.stores.lanes import LaneWriter, read_lane, was_told
from bot.stores.readers import Readers
from bot.stores.statements import Transaction
from bot.stores.writer import Writer

READERS = 3
BUSY_TIMEOUT = 5.0


class SqlStore:
    """A `bot.ports.Store`. Made by `open`; one process at a time writes through one."""

    def __init__(self, url: str, busy_timeout: float, readers: int) -> None:
        self._definitions = Definitions()
        self._repositories = repositories.Repositories()
        self._lanes = LaneWriter(self._definitions, self._repositories)
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._reader = Readers(open_readers(url, busy_timeout, readers), readers)
        self._writer = Writer(open_writer(url, busy_timeout), self._forget)
        self._arrivals = Arrivals(self._writer)

    @classmethod
    async def open(
        cls, url: str, *, upgrade: bool = True, busy_timeout: float = BUSY_TIMEOUT, readers: int = READERS
    ) -> "SqlStore":
        """Open the database, bringing its schema up to date or, without `upgrade`, insisting that it is.

        `busy_timeout`: seconds that a write waits for another process's write. Raises StoreUnavailable; SchemaMismatch,
        which is one, when the database is newer than the program.
        """
        await asyncio.to_thread(schema.upgrade if upgrade else schema.check, url)
        return cls(url, busy_timeout, readers)

    async def close(self) -> None:
        """Write what waits to be written, then let go of the database."""
        await self._writer.close()
        await self._reader.close()

    # --- deliveries ---

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        return await self._arrivals.add(deliveries)

    async def pending_deliveries(self) -> list[Delivery]:
        return await self._reader.read(deliveries.pending)

    async def known_deliveries(self, keys: Collection[str]) -> set[str]:
        return await self._reader.read(lambda transaction: deliveries.known(transaction, keys))

    async def settle_deliveries(self, settled: Sequence[Settled]) -> None:
        await self._writer.write(lambda transaction: deliveries.settle(transaction, settled))

    async def forget_deliveries(self, before: float, limit: int) -> int:
        return await self._writer.write(lambda transaction: deliveries.forget(transaction, before, limit))

    # --- lanes ---

    async def load_lane(self, lane: LaneKey) -> LaneState:
        return await self._reader.read(lambda transaction: read_lane(transaction, self._definitions, lane))

    async def told(self, lane: LaneKey, event: str) -> bool:
        return await self._reader.read(lambda transaction: was_told(transaction, lane, event))

    async def commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        return await self._writer.write(lambda transaction: self._lanes.write(transaction, commit))

    # --- what lanes share ---

    async def load_environment(self, key: EnvironmentKey) -> EnvironmentState:
        return await self._reader.read(lambda transaction: environments.read(transaction, key))

    async def commit_environment(self, commit: EnvironmentCommit) -> Sequence[OutboxEntry]:
        return await self._writer.write(lambda transaction: environments.write(transaction, commit))

    async def record_version(self, repository: Repository, pipeline: Pipeline, cause: str) -> DefinitionVersion:
        return await self._writer.write(
            lambda t: versions.record(t, self._definitions, self._repositories, repository, pipeline, cause)
        )

    async def version_of(self, repository: Repository, pipeline: str, digest: str) -> int:
        return await self._reader.read(lambda t: versions.of_digest(t, repository, pipeline, digest))

    async def definition_version(self, repository: Repository, pipeline: str, number: int) -> Pipeline | None:
        return await self._reader.read(lambda t: versions.one(t, self._definitions, repository, pipeline, number))

    async def home_pipelines(self) -> list[tuple[Repository, Pipeline]]:
        return await self._reader.read(lambda t: versions.newest(t, self._definitions))

    async def ask(self, execution: Execution, thread: Thread) -> None:
        repository = execution.lane.repository
        await self._writer.write(lambda t: questions.add(t, self._repositories, repository, execution.id, thread))

    async def asked(self, execution: str) -> Thread | None:
        return await self._reader.read(lambda t: questions.where(t, execution))

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        return await self._reader.read(lambda t: questions.there(t, repository, thread))

    # --- results ---

    async def keep_results(self, repository: Repository, pipeline: str, record: ResultsRecord) -> None:
        await self._writer.write(lambda t: results.keep(t, self._repositories, repository, pipeline, record))

    async def results(self, execution: str) -> list[ResultsRecord]:
        return await self._reader.read(lambda t: results.of_execution(t, execution))

    async def keep_annotations(self, record: AnnotationsRecord) -> None:
        await self._writer.write(lambda t: annotations.keep(t, record))

    async def keep_batch(self, batch: BatchRun) -> None:
        await self._writer.write(lambda t: batches.keep(t, batch))

    async def batches(self, execution: str) -> list[BatchRun]:
        return await self._reader.read(lambda t: batches.of_execution(t, execution))

    async def keep_server_deployment(self, deployment: ServerDeployment) -> None:
        await self._writer.write(lambda t: server_deployments.keep(t, deployment))

    async def server_deployment(self, deployment: str) -> ServerDeployment | None:
        return await self._reader.read(lambda t: server_deployments.one(t, deployment))

    async def server_deployments(self, execution: str) -> list[ServerDeployment]:
        return await self._reader.read(lambda t: server_deployments.of_execution(t, execution))

    async def last_server_deployment(self, group: str, *, succeeded: bool) -> ServerDeployment | None:
        return await self._reader.read(lambda t: server_deployments.last(t, group, succeeded=succeeded))

    async def open_server_deployments(self, group: str) -> list[ServerDeployment]:
        return await self._reader.read(lambda t: server_deployments.open_of(t, group))

    async def keep_written_objects(self, destination: str, written: WrittenObjects) -> None:
        body = await asyncio.to_thread(written_objects.pack, written)
        await self._writer.write(lambda t: written_objects.keep(t, destination, body))

    async def written_objects(self, destination: str) -> WrittenObjects:
        return await self._reader.read(lambda t: written_objects.read(t, destination))

    async def annotations(self, execution: str) -> list[AnnotationsRecord]:
        return await self._reader.read(lambda t: annotations.of_execution(t, execution))

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
        return await self._reader.read(lambda t: results.past(t, repository, pipeline, place, ref, commit, limit))

    # --- keys ---

    async def sealing_keys(self) -> list[SealingKey]:
        """The oldest first."""
        return await self._reader.read(sealing_keys.read)

    async def keep_sealing_keys(self, keys: Sequence[SealingKey]) -> None:
        await self._writer.write(lambda t: sealing_keys.write(t, keys))

    async def kept_secrets(self) -> list[KeptSecret]:
        """In the order of their names."""
        return await self._reader.read(kept_secrets.read)

    async def keep_secrets(self, secrets: Sequence[KeptSecret]) -> None:
        """Each in the place of one of its name."""
        await self._writer.write(lambda t: kept_secrets.write(t, secrets))

    async def forget_secrets(self, names: Collection[str]) -> None:
        await self._writer.write(lambda t: kept_secrets.forget(t, names))

    async def cache_entries(self, repository: Repository) -> list[CacheEntry]:
        return await self._reader.read(lambda t: caches.entries(t, repository))

    async def keep_cache_entry(self, repository: Repository, entry: CacheEntry) -> None:
        await self._writer.write(lambda t: caches.keep(t, self._repositories, repository, entry))

    async def forget_cache_entries(self, repository: Repository, artifacts: Collection[str]) -> None:
        await self._writer.write(lambda t: caches.forget(t, repository, artifacts))

    # --- numbers ---

    async def next_number(self, repository: Repository, pipeline: str) -> int:
        """Given from memory, which begins at the highest number in the database: a number that was given and never
        committed is lost at a restart, and was never seen by anybody.
        """
        key = (repository.provider, repository.id, pipeline)
        if key not in self._numbers:
            highest = await self._reader.read(lambda t: executions.highest_number(t, repository, pipeline))
            # While this waited, others may have been given numbers.
            self._numbers[key] = max(highest, self._numbers.get(key, 0))
        self._numbers[key] += 1
        return self._numbers[key]

    # --- the outbox ---

    async def enqueue(self, effects: Sequence[Effect], handled: str = "") -> Sequence[OutboxEntry]:
        def order(transaction: Transaction) -> Sequence[OutboxEntry]:
            if handled:
                deliveries.settle(transaction, [Settled(handled, DeliveryOutcome.DONE)])
            return outbox.write(transaction, "", effects)

        return await self._writer.write(order)

    async def pending_effects(self, due_before: float) -> list[OutboxEntry]:
        return await self._reader.read(lambda transaction: outbox.pending(transaction, due_before))

    async def settle_effect(self, key: str, stamp: int) -> bool:
        return await self._writer.write(lambda transaction: outbox.settle(transaction, key, stamp))

    async def postpone_effect(self, key: str, stamp: int, due: float, attempts: int) -> None:
        await self._writer.write(lambda transaction: outbox.postpone(transaction, key, stamp, due, attempts))

    async def reported(self, keys: Sequence[str]) -> Mapping[str, Reported]:
        return await self._reader.read(lambda transaction: outbox.read_reported(transaction, keys))

    async def set_reported(self, values: Mapping[str, Reported]) -> None:
        await self._writer.write(lambda transaction: outbox.write_reported(transaction, values))

    # --- repositories ---

    async def record_intake(self, repository: Repository, ref: Ref, default_branch: str, intake: Intake) -> None:
        await self._writer.write(
            lambda transaction: self._repositories.record_intake(transaction, repository, ref, default_branch, intake)
        )

    async def intake(self, repository: Repository, ref: Ref) -> Intake | None:
        return await self._reader.read(lambda transaction: repositories.intake(transaction, repository, ref))

    async def heard(self, repository: Repository) -> Mapping[Ref, Intake]:
        return await self._reader.read(lambda transaction: seen_refs.heard(transaction, repository))

    async def seen_refs(self, repository: Repository) -> Mapping[Ref, str] | None:
        return await self._reader.read(lambda transaction: seen_refs.read(transaction, repository))

    async def keep_seen_refs(self, repository: Repository, seen: Mapping[Ref, str]) -> None:
        await self._writer.write(lambda t: seen_refs.write(t, self._repositories, repository, seen))

    async def take_comment(self, comment: CommentRef, delivery: str) -> bool:
        return await self._writer.write(lambda transaction: comments.take(transaction, comment, delivery))

    async def intakes_of(self, repository: Repository, commit: str) -> list[Intake]:
        return await self._reader.read(lambda transaction: repositories.intakes_of(transaction, repository, commit))

    async def default_branch(self, repository: Repository) -> str:
        found = await self._reader.read(lambda transaction: repositories.find(transaction, repository))
        return found[1] if found else ""

    async def called(self, provider: str, full_name: str) -> tuple[Repository, str] | None:
        return await self._reader.read(lambda transaction: repositories.called(transaction, provider, full_name))

    async def rename(self, repository: Repository) -> None:
        await self._writer.write(lambda transaction: self._repositories.rename(transaction, repository))

    async def leave(self, repository: Repository) -> None:
        await self._writer.write(lambda transaction: repositories.leave(transaction, repository))

    async def repositories(self) -> list[tuple[Repository, str]]:
        return await self._reader.read(repositories.known)

    async def connected_repositories(self) -> list[tuple[Repository, str]]:
        return await self._reader.read(repositories.connected)

    # --- executions ---

    async def lanes(self, repository: Repository, ref: Ref) -> list[LaneKey]:
        return await self._reader.read(lambda transaction: executions.lanes_of(transaction, repository, ref))

    async def recent_lanes(self, repository: Repository, pipeline: str, limit: int, before: str = "") -> list[LaneKey]:
        return await self._reader.read(lambda t: executions.recent_lanes(t, repository, pipeline, limit, before))

    async def execution(self, execution: str) -> tuple[Execution, Pipeline] | None:
        return await self._reader.read(lambda t: executions.one(t, self._definitions, execution))

    async def teller(self, repository: Repository, pipeline: str, commit: str) -> str:
        return await self._reader.read(lambda t: executions.teller(t, repository, pipeline, commit))

    async def executions(self, which: ExecutionFilter, limit: int, before: str = "") -> list[Execution]:
        return await self._reader.read(lambda t: executions.page(t, which, limit, before))

    async def execution_called(self, lane: LaneKey, asked: str) -> Execution | None:
        return await self._reader.read(lambda t: executions.called(t, lane, asked))

    async def succeeded(
        self, lane: LaneKey, stage: str, definition: str, limit: int, before: str = ""
    ) -> list[Execution]:
        return await self._reader.read(lambda t: successes.targets(t, lane, stage, definition, limit, before))

    async def history(self, execution: str) -> list[HistoryEntry]:
        return await self._reader.read(lambda t: executions.history_of(t, self._definitions, execution))

    # --- retention ---

    async def oldest_executions(self, limit: int, after: int = 0) -> list[tuple[int, Execution]]:
        return await self._reader.read(lambda t: retention.oldest(t, limit, after))

    async def surplus_executions(self, kept: int) -> list[str]:
        return await self._reader.read(lambda t: retention.surplus(t, kept))

    async def rollback_targets(self, lane: LaneKey) -> set[str]:
        return await self._reader.read(lambda t: retention.rollback_targets(t, lane))

    async def forget_events(self, before: float, limit: int, after: int = 0) -> tuple[int, int]:
        return await self._writer.write(lambda t: retention.forget_events(t, before, limit, after))

    async def forget_intakes(self, before: float) -> int:
        return await self._writer.write(lambda t: retention.forget_intakes(t, before))

    async def remove_executions(self, executions: Collection[str], reported: Collection[str]) -> int:
        return await self._writer.write(lambda t: retention.remove(t, self._definitions, executions, reported))

    def _forget(self) -> None:
        """After a rollback, in the writer's thread."""
        self._lanes.forget()
        self._repositories.forget()
        self._definitions.forget_written()
