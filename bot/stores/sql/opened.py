"""The database, opened and closed again: who reads it, who writes it, and what both remember. What is asked of it is in the files beside this."""

import asyncio
from pathlib import Path
from typing import Self

from bot.stores import repositories, schema
from bot.stores.arrivals import Arrivals
from bot.stores.database import open_readers, open_writer, parse_url
from bot.stores.definitions import Definitions
from bot.stores.lanes import LaneWriter
from bot.stores.readers import Readers
from bot.stores.reserve import Reserve
from bot.stores.writer import Writer

READERS = 3
BUSY_TIMEOUT = 5.0


class Opened:
    """The connections, and what is remembered between writes: `_forget` drops that when one is rolled back."""

    def __init__(self, url: str, busy_timeout: float, readers: int, reserve: Reserve | None = None) -> None:
        self._definitions = Definitions()
        self._repositories = repositories.Repositories()
        self._lanes = LaneWriter(self._definitions, self._repositories)
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._reader = Readers(open_readers(url, busy_timeout, readers), readers)
        self._writer = Writer(open_writer(url, busy_timeout), self._forget, reserve)
        self._arrivals = Arrivals(self._writer)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        upgrade: bool = True,
        busy_timeout: float = BUSY_TIMEOUT,
        readers: int = READERS,
        reserve: int = 0,
    ) -> Self:
        """Open the database, bringing its schema up to date or, without `upgrade`, insisting that it is.

        `busy_timeout`: seconds that a write waits for another process's write. `reserve`: bytes that are kept of its device for when that
        is full. Raises StoreUnavailable; SchemaMismatch,
        which is one, when the database is newer than the program.
        """
        await asyncio.to_thread(schema.upgrade if upgrade else schema.check, url)
        database = parse_url(url).database
        kept = Reserve(Path(database), reserve) if reserve and database else None
        if kept is not None:
            await asyncio.to_thread(kept.keep)
        return cls(url, busy_timeout, readers, kept)

    async def close(self) -> None:
        """Write what waits to be written, then let go of the database."""
        await self._writer.close()
        await self._reader.close()

    def _forget(self) -> None:
        """After a rollback, in the writer's thread."""
        self._lanes.forget()
        self._repositories.forget()
        self._definitions.forget_written()
