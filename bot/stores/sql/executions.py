"""Executions and their history, as pages and commands look them up."""

from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.ports import ExecutionFilter, HistoryEntry
from bot.stores import executions, successes
from bot.stores.sql.opened import Opened


class Executions(Opened):
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
