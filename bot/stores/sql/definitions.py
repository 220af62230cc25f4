"""Versions of pipelines, and the numbers of their executions."""

from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.ports import DefinitionVersion
from bot.stores import executions, versions
from bot.stores.sql.opened import Opened


class Definitions(Opened):
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
