"""`MemoryStore`: the store for tests. Nothing in it is durable; the contract suite holds it to the same behaviour as `SqlStore`."""

from bot.stores.memory.definitions import Definitions
from bot.stores.memory.executions import Executions
from bot.stores.memory.lanes import Lanes
from bot.stores.memory.repositories import Repositories
from bot.stores.memory.retention import Retention
from bot.stores.memory.work import Work


class MemoryStore(Lanes, Definitions, Work, Repositories, Executions, Retention):
    """A `bot.ports.Store`. It outlives what uses it, so a test can stop a bot and start another on it."""

    async def close(self) -> None: ...


__all__ = ["MemoryStore"]
