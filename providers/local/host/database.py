"""The host's SQLite database: one connection on one thread of its own, one transaction a piece of work. No queries here."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from providers.local.migrations import upgrade_connection

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """`run` performs a function of the connection in a transaction; what it raises undoes everything it did."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="host-db")
        self._engine: Engine | None = None

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(connection, *args, **kwargs)` returns."""
        bound = partial(self._run, work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, bound)

    async def version(self) -> int:
        """Another number whenever another process has written."""
        return await self.run(_version)

    async def close(self) -> None:
        if self._engine is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = create_engine(f"sqlite:///{self._path}", poolclass=StaticPool)
        event.listen(self._engine, "connect", _durable)
        with self._engine.begin() as connection:
            upgrade_connection(connection)

    def _run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._engine is None:
            raise RuntimeError("The host's database is not open.")
        with self._engine.begin() as connection:
            return work(connection, *args, **kwargs)


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


def _durable(connection: Any, _: object) -> None:
    """What was committed survives a loss of power; foreign keys hold."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
