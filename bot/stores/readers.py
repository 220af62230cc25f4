"""The threads that read, each with a connection of its own: a page never waits for the writer, nor the writer for a page."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa

from bot.ports import StoreUnavailable
from bot.stores.database import kind_errors
from bot.stores.statements import Transaction

T = TypeVar("T")


class Readers:
    """Owns the engine it is given, which must have a connection for each of the threads."""

    def __init__(self, engine: sa.Engine, threads: int) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store-reader")
        self._closed = False

    async def read(self, operation: Callable[[Transaction], T]) -> T:
        """Run the operation; everything it reads is of one moment."""
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, operation)

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        self._engine.dispose()

    def _run(self, operation: Callable[[Transaction], T]) -> T:
        with kind_errors(self._engine), self._engine.begin() as connection:
            transaction = Transaction(connection)
            try:
                return operation(transaction)
            finally:
                transaction.close()
