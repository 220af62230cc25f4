"""What actions leave behind: results, remarks, batches, deployments, caches; and which execution asks where."""

from collections.abc import Collection

from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.deployment import Deployment, DeploymentStatus
from bot.model.execution import Execution
from bot.model.host_event import Thread
from bot.model.object_deployment import WrittenObjects
from bot.model.repository import Repository
from bot.model.results import ResultsRecord
from bot.stores.memory.tables import Tables, identity


class Work(Tables):
    async def ask(self, execution: Execution, thread: Thread) -> None:
        self._questions.setdefault(execution.id, (identity(execution.lane.repository), thread))

    async def asked(self, execution: str) -> Thread | None:
        known = self._questions.get(execution)
        return known[1] if known else None

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        wanted = (identity(repository), thread)
        return [execution for execution, known in self._questions.items() if known == wanted]

    async def keep_results(self, repository: Repository, pipeline: str, record: ResultsRecord) -> None:
        key = (record.execution, record.stage, record.action, record.attempt)
        self._results[key] = ((identity(repository), pipeline), record)

    async def results(self, execution: str) -> list[ResultsRecord]:
        return [record for key, (_, record) in self._results.items() if key[0] == execution]

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
        found = [
            record
            for of, record in self._results.values()
            if of == (identity(repository), pipeline)
            and (record.stage, record.action) == place
            and (record.ref == ref if ref else record.commit == commit)
        ]
        return sorted(found, key=lambda record: (-record.number, -record.attempt))[:limit]

    async def keep_annotations(self, record: AnnotationsRecord) -> None:
        self._annotations[record.execution, record.stage, record.action, record.attempt] = record

    async def annotations(self, execution: str) -> list[AnnotationsRecord]:
        return [record for key, record in sorted(self._annotations.items()) if key[0] == execution]

    async def keep_batch(self, batch: BatchRun) -> None:
        self._batches[batch.execution, batch.stage, batch.action, batch.attempt] = batch

    async def batches(self, execution: str) -> list[BatchRun]:
        return [self._batches[key] for key in sorted(self._batches) if key[0] == execution]

    async def keep_deployment(self, deployment: Deployment) -> None:
        self._deployments[deployment.id] = deployment

    async def deployment(self, deployment: str) -> Deployment | None:
        return self._deployments.get(deployment)

    async def deployments(self, execution: str) -> list[Deployment]:
        found = [one for one in self._deployments.values() if one.execution == execution]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def last_deployment(self, group: str, *, succeeded: bool) -> Deployment | None:
        ends = (DeploymentStatus.SUCCEEDED,) if succeeded else (DeploymentStatus.FAILED, DeploymentStatus.STOPPED)
        found = [one for one in self._deployments.values() if one.group == group and one.status in ends]
        return max(found, key=lambda one: (one.created_at, one.id), default=None)

    async def open_deployments(self, group: str) -> list[Deployment]:
        found = [one for one in self._deployments.values() if one.group == group and not one.status.ended]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def keep_written_objects(self, destination: str, written: WrittenObjects) -> None:
        self._written_objects[destination] = written

    async def written_objects(self, destination: str) -> WrittenObjects:
        return self._written_objects.get(destination, WrittenObjects())

    async def cache_entries(self, repository: Repository) -> list[CacheEntry]:
        found = [entry for key, entry in self._caches.items() if key[0] == identity(repository)]
        return sorted(found, key=lambda entry: (-entry.at, entry.artifact))

    async def keep_cache_entry(self, repository: Repository, entry: CacheEntry) -> None:
        self._caches[identity(repository), entry.scope, entry.version, entry.ref, entry.key] = entry

    async def forget_cache_entries(self, repository: Repository, artifacts: Collection[str]) -> None:
        gone = [k for k, entry in self._caches.items() if k[0] == identity(repository) and entry.artifact in artifacts]
        for key in gone:
            del self._caches[key]
