"""Statements, each compiled from Core once, and the transaction that runs them on the driver's own cursor.

SQLAlchemy's execution costs more than SQLite's for small statements; what is left of it here is the SQL it writes, so
that the same statements run on another database. No statement is named here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.stores.codec import printable

Insert = Callable[[sa.Table], Any]
"""A dialect's own `insert`: the ones we use have `on_conflict_do_nothing` and `on_conflict_do_update`, spelled alike."""

_SIZES = (64, 16, 4, 1)
"""Rows of one insert: few sizes, so that the driver finds the statement prepared."""

_VALUES = re.compile(r"VALUES (\([^()]*\))")

_INSERTS: Mapping[str, Insert] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Construct = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete | sa.CompoundSelect[Any]
Row = tuple[Any, ...]


def keep_first(table: sa.Table) -> Callable[[Insert], Construct]:
    """Insert, unless the row is there already."""
    return lambda insert: insert(table).on_conflict_do_nothing()


def keep_last(table: sa.Table, *key: str) -> Callable[[Insert], Construct]:
    """Insert, or update the row that has this key."""

    def make(insert: Insert) -> Construct:
        statement = insert(table)
        rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key and c.name not in key}
        return statement.on_conflict_do_update(index_elements=key, set_=rest)  # type: ignore[no-any-return]

    return make


class Statement:
    """A Core statement and, by dialect, its SQL with the names of its parameters in order."""

    def __init__(self, what: Construct | Callable[[Insert], Construct]) -> None:
        self._what = what
        self._compiled: dict[str, tuple[str, tuple[str, ...], Mapping[str, Any], bool]] = {}

    def compiled(self, dialect: sa.Dialect) -> tuple[str, tuple[str, ...], Mapping[str, Any], bool]:
        known = self._compiled.get(dialect.name)
        if known is None:
            made = self._what if isinstance(self._what, sa.Executable) else self._what(_INSERTS[dialect.name])
            compiled: Any = made.compile(dialect=dialect, column_keys=_given(made))
            names = tuple(compiled.positiontup or compiled.params)
            known = self._compiled[dialect.name] = (str(compiled), names, compiled.params, compiled.positional)
        return known

    def arguments(self, dialect: sa.Dialect, parameters: Mapping[str, Any]) -> Any:
        """The driver's arguments: a tuple or a mapping, with the statement's own constants filled in."""
        _, names, constants, positional = self.compiled(dialect)
        if positional:
            return tuple(parameters[name] if name in parameters else constants[name] for name in names)
        return {name: parameters[name] if name in parameters else constants[name] for name in names}


def _given(made: Construct) -> list[str] | None:
    """The columns that an insert is given: all but the one that the database numbers by itself."""
    if not isinstance(made, sa.Insert) or not isinstance(made.table, sa.Table):
        return None
    return [column.name for column in made.table.columns if column is not made.table.autoincrement_column]


class Transaction:
    """A transaction that has begun. Who began it ends it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._cursor: Any = connection.connection.cursor()

    def run(self, statement: Statement, **parameters: Any) -> int:
        """Run it, and say how many rows it changed."""
        self._execute(statement, parameters)
        return int(self._cursor.rowcount)

    def run_each(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of the parameters."""
        if len(parameters) == 1:
            self._execute(statement, parameters[0])
        elif parameters:
            self._with_clean_text(self._cursor.executemany, statement, parameters)

    def insert_many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert all rows with few statements made from the one for one row, and say how many were new."""
        try:
            return self._insert_many(statement, rows)
        except UnicodeEncodeError:
            return self._insert_many(statement, [printable(row) for row in rows])

    def _insert_many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> int:
        sql, names, constants, positional = statement.compiled(self._dialect)
        if not positional:
            return sum(self.run(statement, **each) for each in rows)
        head, values, tail = _VALUES.split(sql, maxsplit=1)
        first, inserted = 0, 0
        for size in _SIZES:
            several = f"{head}VALUES {', '.join([values] * size)}{tail}"
            while len(rows) - first >= size:
                some = rows[first : first + size]
                self._cursor.execute(several, [row[n] if n in row else constants[n] for row in some for n in names])
                inserted += self._cursor.rowcount
                first += size
        return inserted

    def one(self, statement: Statement, **parameters: Any) -> Row | None:
        self._execute(statement, parameters)
        row: Row | None = self._cursor.fetchone()
        return row

    def all(self, statement: Statement, **parameters: Any) -> Sequence[Row]:
        self._execute(statement, parameters)
        rows: Sequence[Row] = self._cursor.fetchall()
        return rows

    def select(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """A query put together for the occasion, compiled by SQLAlchemy each time its shape is new."""
        return self._connection.execute(query).all()

    def change(self, statement: sa.Update) -> None:
        """A change put together for the occasion, as in `select`."""
        self._connection.execute(statement)

    def close(self) -> None:
        self._cursor.close()

    def _execute(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        self._with_clean_text(self._cursor.execute, statement, parameters)

    def _with_clean_text(self, execute: Callable[[str, Any], Any], statement: Statement, given: Any) -> None:
        """Run it; text that the database can't hold is written with escapes rather than refused."""
        sql = statement.compiled(self._dialect)[0]
        try:
            execute(sql, self._arguments(statement, given))
        except UnicodeEncodeError:
            execute(sql, self._arguments(statement, printable(given)))

    def _arguments(self, statement: Statement, given: Any) -> Any:
        if isinstance(given, Mapping):
            return statement.arguments(self._dialect, given)
        return [statement.arguments(self._dialect, each) for each in given]
