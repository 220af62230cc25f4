"""How a database is opened: engines, SQLite's pragmas, and what the driver's errors mean to a caller. No table is named here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from bot.ports import StoreUnavailable

# WAL: readers never wait for the writer. FULL: a commit is on disk before it returns, loss of power included.
# A checkpoint copies pages that were written often only once, so a longer log costs less than the default 1000 pages.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
)


def parse_url(url: str) -> URL:
    """The database's address. Raises StoreUnavailable, which never shows a password."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        raise StoreUnavailable("The database URL is not one; write it like sqlite:////var/lib/penstock.db.") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreUnavailable(
            f"Databases of the kind {parsed.get_backend_name()!r} are not available yet; use sqlite."
        )
    if not parsed.database or parsed.database == ":memory:":
        raise StoreUnavailable("A database in memory would lose everything at the next start; name a file.")
    return parsed


def open_writer(url: str, busy_timeout: float) -> sa.Engine:
    """An engine with one connection, whose transactions take SQLite's write lock when they begin."""
    return _engine(parse_url(url), busy_timeout, 1, "BEGIN IMMEDIATE")


def open_readers(url: str, busy_timeout: float, connections: int) -> sa.Engine:
    """An engine whose transactions see one unchanging state and can't write."""
    return _engine(parse_url(url), busy_timeout, connections, "BEGIN", "PRAGMA query_only = ON")


def _engine(url: URL, busy_timeout: float, connections: int, begin: str, *pragmas: str) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": busy_timeout, "cached_statements": 256},
        # A failing statement's parameters are people's data, and may be in the exception's text.
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(pragma).close()

    @sa.event.listens_for(engine, "begin")
    def begin_transaction(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def kind_errors(engine: sa.Engine) -> Iterator[None]:
    """What the driver or SQLAlchemy raise, as StoreUnavailable in words that hold no data."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _unavailable(error.orig or error) from error
    except _errors(engine) as error:
        raise _unavailable(error) from error


def _errors(engine: sa.Engine) -> tuple[type[Exception], ...]:
    dbapi: Any = engine.dialect.loaded_dbapi
    return (sa.exc.SQLAlchemyError, dbapi.Error)


class DeviceFull(StoreUnavailable):
    """The database's device takes nothing more."""


_FULL = frozenset(
    [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE]
)
"""A write that failed is told in each of these ways: https://www.sqlite.org/rescode.html"""


def _unavailable(error: BaseException) -> StoreUnavailable:
    full = getattr(error, "sqlite_errorcode", None) in _FULL
    return (DeviceFull if full else StoreUnavailable)(
        f"The database can't be used: {str(error).splitlines()[0] if str(error) else 'no reason given'}."
    )
