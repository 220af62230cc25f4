"""Executions, their history and their lanes as pages ask for them. What is decided on is read in `lanes`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bot.core.events import Event, StartRequested
from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.ports import ExecutionFilter, HistoryEntry
from bot.stores import codec
from bot.stores.definitions import Definitions
from bot.stores.repositories import find
from bot.stores.statements import Statement, Transaction
from bot.stores.tables import LIVE, executions, history, history_executions, lanes, repositories

ONE = Statement(sa.select(executions.c.body).where(executions.c.id == sa.bindparam("wanted")))
PLACE = Statement(sa.select(executions.c.sequence).where(executions.c.id == sa.bindparam("wanted")))
NEWEST = Statement(
    sa.select(executions.c.id)
    .where(
        executions.c.revision == sa.bindparam("commit"),
        executions.c.repository == sa.bindparam("row"),
        executions.c.pipeline == sa.bindparam("name"),
    )
    .order_by(executions.c.number.desc())
    .limit(1)
)
HIGHEST = Statement(
    sa.select(sa.func.max(executions.c.number)).where(
        executions.c.repository == sa.bindparam("row"), executions.c.pipeline == sa.bindparam("name")
    )
)
HISTORY = Statement(
    sa.select(history.c.sequence, history.c.body)
    .select_from(history_executions.join(history, history.c.sequence == history_executions.c.history))
    .where(history_executions.c.execution == sa.bindparam("wanted"))
    .order_by(history_executions.c.history)
)
LANES = Statement(
    sa.select(lanes.c.pipeline)
    .where(
        lanes.c.repository == sa.bindparam("row"),
        lanes.c.ref == sa.bindparam("name"),
        sa.exists().where(executions.c.lane == lanes.c.lane),
    )
    .order_by(lanes.c.pipeline)
)
NAMED = Statement(sa.select(repositories.c.repository).where(repositories.c.full_name == sa.bindparam("wanted")))


def one(transaction: Transaction, definitions: Definitions, execution: str) -> tuple[Execution, Pipeline] | None:
    row = transaction.one(ONE, wanted=execution)
    if row is None:
        return None
    found = codec.EXECUTION.decode(row[0])
    return found, definitions.read(transaction, found.definition)


def newest(transaction: Transaction, repository: Repository, pipeline: str, commit: str) -> str:
    known = find(transaction, repository)
    row = known and transaction.one(NEWEST, row=known[0], name=pipeline, commit=commit)
    return row[0] if row else ""


def highest_number(transaction: Transaction, repository: Repository, pipeline: str) -> int:
    known = find(transaction, repository)
    row = known and transaction.one(HIGHEST, row=known[0], name=pipeline)
    return (row[0] or 0) if row else 0


def lanes_of(transaction: Transaction, repository: Repository, ref: Ref) -> list[LaneKey]:
    known = find(transaction, repository)
    if known is None:
        return []
    return [LaneKey(repository, name, ref) for (name,) in transaction.all(LANES, row=known[0], name=str(ref))]


def history_of(transaction: Transaction, definitions: Definitions, execution: str) -> list[HistoryEntry]:
    rows = transaction.all(HISTORY, wanted=execution)
    return [HistoryEntry(sequence, _whole(transaction, definitions, body)) for sequence, body in rows]


def _whole(transaction: Transaction, definitions: Definitions, body: str) -> Event:
    event = codec.EVENT.decode(body)
    if isinstance(event, StartRequested):
        return replace(event, pipeline=definitions.read(transaction, event.pipeline.digest))
    return event


def page(transaction: Transaction, which: ExecutionFilter, limit: int, before: str) -> list[Execution]:
    rows: Sequence[int] = ()
    if which.repository:
        rows = [row for (row,) in transaction.all(NAMED, wanted=which.repository)]
        if not rows:
            return []
    place = transaction.one(PLACE, wanted=before) if before else None
    if before and place is None:
        return []
    query = listing(which, rows, limit, None if place is None else place[0])
    return [codec.EXECUTION.decode(body) for (body,) in transaction.select(query)]


def listing(which: ExecutionFilter, rows: Sequence[int], limit: int, before: int | None) -> sa.Select[Any]:
    """One page as a query. `rows` are the repositories that have the name which is asked for.

    Live executions are few, so among them the rest is only looked at, never looked up: a database that knows nothing of
    how many rows are live would go through a whole repository's history instead.
    """
    wanted: dict[sa.Column[Any], str] = {
        executions.c.pipeline: which.pipeline,
        executions.c.ref: which.ref,
        executions.c.revision: which.commit,
    }
    conditions: list[Any] = [
        _looked_at(column, which.live) == codec.printable(value) for column, value in wanted.items() if value
    ]
    if len(rows) == 1:
        conditions.append(_looked_at(executions.c.repository, which.live) == rows[0])
    elif rows:
        conditions.append(_looked_at(executions.c.repository, which.live).in_(rows))
    if which.live:
        conditions.extend((LIVE, executions.c.live.is_(True)))
    if before is not None:
        conditions.append(executions.c.sequence < before)
    return sa.select(executions.c.body).where(*conditions).order_by(executions.c.sequence.desc()).limit(limit)


def _looked_at(column: sa.Column[Any], without_index: bool) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(column, column) if without_index else column
