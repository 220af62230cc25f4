"""What is old enough to go."""

from collections.abc import Collection

from bot.model.execution import Execution, LaneKey
from bot.stores import comments, retention
from bot.stores.sql.opened import Opened


class Retention(Opened):
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

    async def forget_comments(self, before: float, limit: int) -> int:
        return await self._writer.write(lambda t: comments.forget(t, before, limit))

    async def remove_executions(self, executions: Collection[str], reported: Collection[str]) -> int:
        return await self._writer.write(lambda t: retention.remove(t, self._definitions, executions, reported))
