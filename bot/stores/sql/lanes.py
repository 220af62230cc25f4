"""The live state of lanes and environments: loaded to decide, committed with what was decided."""

from collections.abc import Sequence

from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.execution import LaneKey
from bot.model.lane import LaneState
from bot.ports import Commit, EnvironmentCommit, OutboxEntry
from bot.stores import environments
from bot.stores.lanes import read_lane, was_told
from bot.stores.sql.opened import Opened


class Lanes(Opened):
    async def load_lane(self, lane: LaneKey) -> LaneState:
        return await self._reader.read(lambda transaction: read_lane(transaction, self._definitions, lane))

    async def told(self, lane: LaneKey, event: str) -> bool:
        return await self._reader.read(lambda transaction: was_told(transaction, lane, event))

    async def commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        return await self._writer.write(lambda transaction: self._lanes.write(transaction, commit))

    async def load_environment(self, key: EnvironmentKey) -> EnvironmentState:
        return await self._reader.read(lambda transaction: environments.read(transaction, key))

    async def commit_environment(self, commit: EnvironmentCommit) -> Sequence[OutboxEntry]:
        return await self._writer.write(lambda transaction: environments.write(transaction, commit))
