"""What actions leave behind: results, remarks, batches, deployments, caches; and which execution asks where."""

import asyncio
from collections.abc import Collection

from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.deployment import Deployment
from bot.model.execution import Execution
from bot.model.host_event import Thread
from bot.model.object_deployment import WrittenObjects
from bot.model.repository import Repository
from bot.model.results import ResultsRecord
from bot.stores import annotations, batches, caches, deployments, questions, results, written_objects
from bot.stores.sql.opened import Opened


class Work(Opened):
    async def ask(self, execution: Execution, thread: Thread) -> None:
        repository = execution.lane.repository
        await self._writer.write(lambda t: questions.add(t, self._repositories, repository, execution.id, thread))

    async def asked(self, execution: str) -> Thread | None:
        return await self._reader.read(lambda t: questions.where(t, execution))

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        return await self._reader.read(lambda t: questions.there(t, repository, thread))

    async def keep_results(self, repository: Repository, pipeline: str, record: ResultsRecord) -> None:
        await self._writer.write(lambda t: results.keep(t, self._repositories, repository, pipeline, record))

    async def results(self, execution: str) -> list[ResultsRecord]:
        return await self._reader.read(lambda t: results.of_execution(t, execution))

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

    async def keep_annotations(self, record: AnnotationsRecord) -> None:
        await self._writer.write(lambda t: annotations.keep(t, record))

    async def annotations(self, execution: str) -> list[AnnotationsRecord]:
        return await self._reader.read(lambda t: annotations.of_execution(t, execution))

    async def keep_batch(self, batch: BatchRun) -> None:
        await self._writer.write(lambda t: batches.keep(t, batch))

    async def batches(self, execution: str) -> list[BatchRun]:
        return await self._reader.read(lambda t: batches.of_execution(t, execution))

    async def keep_deployment(self, deployment: Deployment) -> None:
        await self._writer.write(lambda t: deployments.keep(t, deployment))

    async def deployment(self, deployment: str) -> Deployment | None:
        return await self._reader.read(lambda t: deployments.one(t, deployment))

    async def deployments(self, execution: str) -> list[Deployment]:
        return await self._reader.read(lambda t: deployments.of_execution(t, execution))

    async def last_deployment(self, group: str, *, succeeded: bool) -> Deployment | None:
        return await self._reader.read(lambda t: deployments.last(t, group, succeeded=succeeded))

    async def open_deployments(self, group: str) -> list[Deployment]:
        return await self._reader.read(lambda t: deployments.open_of(t, group))

    async def keep_written_objects(self, destination: str, written: WrittenObjects) -> None:
        body = await asyncio.to_thread(written_objects.pack, written)
        await self._writer.write(lambda t: written_objects.keep(t, destination, body))

    async def written_objects(self, destination: str) -> WrittenObjects:
        return await self._reader.read(lambda t: written_objects.read(t, destination))

    async def cache_entries(self, repository: Repository) -> list[CacheEntry]:
        return await self._reader.read(lambda t: caches.entries(t, repository))

    async def keep_cache_entry(self, repository: Repository, entry: CacheEntry) -> None:
        await self._writer.write(lambda t: caches.keep(t, self._repositories, repository, entry))

    async def forget_cache_entries(self, repository: Repository, artifacts: Collection[str]) -> None:
        await self._writer.write(lambda t: caches.forget(t, repository, artifacts))
