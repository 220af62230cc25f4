"""Versions of pipelines, and the numbers of their executions."""

from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.ports import (
    DefinitionVersion,
)
from bot.stores.memory.tables import Tables, identity, is_of


class Definitions(Tables):
    async def record_version(self, repository: Repository, pipeline: Pipeline, cause: str) -> DefinitionVersion:
        self._repositories.setdefault(identity(repository), (repository, ""))
        known = self._versions.setdefault((*identity(repository), pipeline.name), [])
        if not known or known[-1].digest != pipeline.digest:
            self._definitions[pipeline.digest] = pipeline
            known.append(DefinitionVersion(len(known) + 1, pipeline.digest, cause))
        return known[-1]

    async def version_of(self, repository: Repository, pipeline: str, digest: str) -> int:
        known = self._versions.get((*identity(repository), pipeline), [])
        return max((version.number for version in known if version.digest == digest), default=0)

    async def definition_version(self, repository: Repository, pipeline: str, number: int) -> Pipeline | None:
        known = self._versions.get((*identity(repository), pipeline), [])
        return self._definitions[known[number - 1].digest] if 0 < number <= len(known) else None

    async def home_pipelines(self) -> list[tuple[Repository, Pipeline]]:
        return [
            (self._repositories[(provider, name)][0], self._definitions[known[-1].digest])
            for (provider, name, _), known in self._versions.items()
            if (provider, name) not in self._gone
        ]

    async def next_number(self, repository: Repository, pipeline: str) -> int:
        key = (*identity(repository), pipeline)
        committed = (r.execution.number for r in self._executions.values() if is_of(r.execution.lane, key))
        self._numbers[key] = max(self._numbers.get(key, 0), *committed, 0) + 1
        return self._numbers[key]
