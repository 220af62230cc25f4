"""The one thread that writes. What waits while a transaction commits shares the next one: many writes, one flush to disk.

An operation is a plain function of the transaction. It may be run again after a rollback, and one that is refused must
not have written anything: so operations need no savepoints, and a failing one harms no other.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from bot.ports import ConcurrentChange, StoreUnavailable
from bot.stores.database import DeviceFull, kind_errors
from bot.stores.reserve import Reserve
from bot.stores.statements import Transaction

log = structlog.get_logger(__name__)

T = TypeVar("T")
Operation = Callable[[Transaction], T]

# Enough that a flush is nothing to each of them, few enough that the first need not wait long for the last.
BATCH = 256


@dataclass(slots=True)
class _Waiting:
    """An operation, who waits for it, and what came of it."""

    operation: Operation[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Owns the engine it is given. `forget` is called after a rollback: nothing that was written since the last commit is there.
    `reserve` is what the device gives back when it is full.
    """

    def __init__(self, engine: sa.Engine, forget: Callable[[], None], reserve: Reserve | None = None) -> None:
        self._engine = engine
        self._forget = forget
        self._reserve = reserve
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._connection: sa.Connection | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, operation: Operation[T]) -> T:
        """Run the operation; when this returns, it is on disk. Cancelling the wait does not take it back."""
        return await self.submit(operation)

    def submit(self, operation: Operation[T]) -> "asyncio.Future[T]":
        """As `write`, without waiting. Raises StoreUnavailable when it is too late."""
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(operation, future))
        return future

    async def close(self) -> None:
        """Write what waits, then stop."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- in the thread ---

    def _work(self) -> None:
        going_on = True
        while going_on:
            batch, going_on = self._take()
            if batch:
                self._write(batch)
                self._make_room(batch)
                _deliver(batch)
        self._disconnect()
        self._engine.dispose()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for the first, then take all that are there."""
        batch: list[_Waiting] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == BATCH:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _write(self, batch: list[_Waiting]) -> None:
        """Everything in one transaction; when an operation breaks it, each in its own, so that only that one fails."""
        try:
            with kind_errors(self._engine):
                transaction = self._begin()
                # Nothing runs after one that broke: SQLite may have ended the transaction, and each write would be its own.
                broken = not all(self._run(item, transaction) for item in batch)
                self._end(transaction, keep=not broken)
        except Exception as error:  # noqa: BLE001  whatever it was, those who wait are told, and the thread goes on
            self._give_up(batch, error)
            return
        if broken and len(batch) > 1:
            for item in batch:
                item.result = item.error = None
                self._write([item])

    def _make_room(self, batch: list[_Waiting]) -> None:
        """Write again what a full device has not taken, into the room that was kept for it; keep it again when there is some."""
        if self._reserve is None:
            return
        refused = [item for item in batch if isinstance(item.error, DeviceFull)]
        if not refused:
            self._reserve.keep()
        elif self._reserve.give_back():
            log.warning("the device of the database is full: what was kept for this is used up")
            for item in refused:
                item.result = item.error = None
            self._write(refused)

    def _run(self, item: _Waiting, transaction: Transaction) -> bool:
        """False when the transaction must not be committed."""
        try:
            with kind_errors(self._engine):
                item.result = item.operation(transaction)
        except ConcurrentChange as error:
            item.error = error
        except Exception as error:  # noqa: BLE001  it belongs to whoever waits for this operation
            item.error = error
            return False
        return True

    def _begin(self) -> Transaction:
        if self._connection is None:
            self._connection = self._engine.connect()
        self._connection.begin()
        return Transaction(self._connection)

    def _end(self, transaction: Transaction, *, keep: bool) -> None:
        transaction.close()
        assert self._connection is not None  # noqa: S101  `_begin` made it
        if keep:
            self._connection.commit()
        else:
            self._connection.rollback()
            self._forget()

    def _give_up(self, batch: Iterable[_Waiting], error: Exception) -> None:
        """The transaction is lost, and perhaps the connection: the next batch gets a new one."""
        self._forget()
        self._disconnect()
        for item in batch:
            item.error = item.error or error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be given up because it is broken
                # The driver's connection too: one that could not commit may still be in its transaction.
                connection.invalidate()
                connection.close()


def _deliver(batch: list[_Waiting]) -> None:
    """Wake each loop once for all that it waits for."""
    loops = {item.future.get_loop() for item in batch}
    for loop in loops:
        with suppress(RuntimeError):  # a loop that was closed waits for nothing any more
            loop.call_soon_threadsafe(_resolve, [item for item in batch if item.future.get_loop() is loop])


def _resolve(batch: list[_Waiting]) -> None:
    for item in batch:
        if item.future.done():
            continue
        if item.error is not None:
            item.future.set_exception(item.error)
        else:
            item.future.set_result(item.result)
