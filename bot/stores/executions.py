"""Executions, their history and their lanes as pages ask for them. What is decided on is read in `lanes`."""

from collections.abc import Container
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from bot.core.events import Event
from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.ports import SHORTEST_ID, ExecutionFilter, HistoryEntry
from bot.stores import codec
from bot.stores.decided import definition_of, with_definition
from bot.stores.definitions import Definitions
from bot.stores.repositories import FIND, find
from bot.stores.statements import Row, Statement, Transaction
from bot.stores.tables import LIVE, executions, history, history_executions, lanes, repositories, successes

ONE = Statement(sa.select(executions.c.body).where(executions.c.id == sa.bindparam("wanted")))
PLACE = Statement(sa.select(executions.c.sequence).where(executions.c.id == sa.bindparam("wanted")))
TELLER = Statement(
    sa.select(executions.c.id)
    .where(
        executions.c.revision == sa.bindparam("commit"),
        # Not looked up by these: going down the pipeline's numbers until one has the commit may take all of them.
        sa.func.coalesce(executions.c.repository, 0) == sa.bindparam("row"),
        sa.func.coalesce(executions.c.pipeline, "") == sa.bindparam("name"),
    )
    .order_by(executions.c.outside, executions.c.number.desc())
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
NUMBERED = Statement(
    sa.select(executions.c.body).where(
        executions.c.repository == sa.bindparam("row"),
        executions.c.pipeline == sa.bindparam("name"),
        executions.c.number == sa.bindparam("wanted"),
    )
)
BEGINNING = Statement(
    sa.select(executions.c.body)
    .where(executions.c.id >= sa.bindparam("first"), executions.c.id < sa.bindparam("beyond"))
    .order_by(executions.c.id)
    .limit(9)
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
LANE = Statement(
    sa.select(lanes.c.lane).where(
        lanes.c.repository == sa.bindparam("row"),
        lanes.c.pipeline == sa.bindparam("name"),
        lanes.c.ref == sa.bindparam("place"),
    )
)
_newest = sa.select(sa.func.max(executions.c.sequence)).where(executions.c.lane == lanes.c.lane).scalar_subquery()
RECENT = Statement(
    sa.select(lanes.c.pipeline, lanes.c.ref)
    .where(
        lanes.c.repository == sa.bindparam("row"),
        sa.or_(sa.bindparam("name", type_=sa.Text) == "", lanes.c.pipeline == sa.bindparam("name", type_=sa.Text)),
        _newest < sa.bindparam("below", type_=sa.BigInteger),
    )
    .order_by(_newest.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
NEWEST_OF = Statement(sa.select(_newest).select_from(lanes).where(lanes.c.key == sa.bindparam("wanted")))
NAMED = Statement(
    sa.select(repositories.c.repository, repositories.c.provider).where(
        repositories.c.full_name == sa.bindparam("wanted")
    )
)

_BEYOND_ALL = 2**62
_DIGITS = 18


def one(transaction: Transaction, definitions: Definitions, execution: str) -> tuple[Execution, Pipeline] | None:
    row = transaction.one(ONE, wanted=execution)
    if row is None:
        return None
    found = codec.EXECUTION.decode(row[0])
    return found, definitions.read(transaction, found.definition)


def teller(transaction: Transaction, repository: Repository, pipeline: str, commit: str) -> str:
    known = find(transaction, repository)
    row = known and transaction.one(TELLER, row=known[0], name=pipeline, commit=commit)
    return row[0] if row else ""


def highest_number(transaction: Transaction, repository: Repository, pipeline: str) -> int:
    known = find(transaction, repository)
    row = known and transaction.one(HIGHEST, row=known[0], name=pipeline)
    return (row[0] or 0) if row else 0


def called(transaction: Transaction, lane: LaneKey, asked: str) -> Execution | None:
    """The lane's execution of that number, else the one whose id begins so."""
    known = find(transaction, lane.repository)
    rows: list[Row] = []
    if known is not None and asked.isascii() and asked.isdigit() and len(asked) <= _DIGITS:
        rows += transaction.all(NUMBERED, row=known[0], name=lane.pipeline, wanted=int(asked))
    if len(asked) >= SHORTEST_ID:
        start = codec.printable(asked.lower())
        rows += transaction.all(BEGINNING, first=start, beyond=start + chr(0x10FFFF))
    found = (codec.EXECUTION.decode(body) for (body,) in rows)
    return next((execution for execution in found if execution.lane.id == lane.id), None)


def lanes_of(transaction: Transaction, repository: Repository, ref: Ref) -> list[LaneKey]:
    known = find(transaction, repository)
    if known is None:
        return []
    return [LaneKey(repository, name, ref) for (name,) in transaction.all(LANES, row=known[0], name=str(ref))]


def recent_lanes(
    transaction: Transaction, repository: Repository, pipeline: str, limit: int, before: str
) -> list[LaneKey]:
    known = find(transaction, repository)
    place = transaction.one(NEWEST_OF, wanted=before) if before else (_BEYOND_ALL,)
    if known is None or place is None or place[0] is None:
        return []
    rows = transaction.all(RECENT, row=known[0], name=pipeline, below=place[0], most=limit)
    return [LaneKey(repository, name, Ref.parse(ref)) for name, ref in rows]


def history_of(transaction: Transaction, definitions: Definitions, execution: str) -> list[HistoryEntry]:
    rows = transaction.all(HISTORY, wanted=execution)
    return [HistoryEntry(sequence, _whole(transaction, definitions, body)) for sequence, body in rows]


def _whole(transaction: Transaction, definitions: Definitions, body: str) -> Event:
    event = codec.EVENT.decode(body)
    pipeline = definition_of(event)
    if pipeline is None:
        return event
    with suppress(LookupError):  # it went with the executions that ran it: its name and digest are left
        return with_definition(event, definitions.read(transaction, pipeline.digest))
    return event


def page(transaction: Transaction, which: ExecutionFilter, limit: int, before: str) -> list[Execution]:
    place = transaction.one(PLACE, wanted=before) if before else None
    rows = _repositories(transaction, which)
    if (before and place is None) or (not rows and (which.repository or which.repository_id)):
        return []
    lane = None
    if len(rows) == 1 and which.pipeline and which.ref:
        lane = transaction.one(LANE, row=rows[0], name=which.pipeline, place=which.ref)
        if lane is None:
            return []
    query = listing(which, rows, None if lane is None else lane[0]).limit(limit)
    if place is not None:
        query = query.where((successes if which.succeeded_in else executions).c.sequence < place[0])
    return [codec.EXECUTION.decode(body) for (body,) in transaction.select(query)]


def _repositories(transaction: Transaction, which: ExecutionFilter) -> list[int]:
    """The rows of the repositories that are asked for; none as well when none is."""
    if which.repository_id:
        found = transaction.one(FIND, host=which.provider, wanted=which.repository_id)
        return [] if found is None else [found[0]]
    if which.repository:
        named = transaction.all(NAMED, wanted=which.repository)
        return [row for row, provider in named if which.provider in ("", provider)]
    return []


def listing(which: ExecutionFilter, rows: list[int], lane: int | None) -> sa.Select[Any]:
    """The executions that match, newest first. `rows` are the repositories of the name that is asked for; `lane` is the one lane
    that all of repository, pipeline and ref name.

    Rows are looked up by what the fewest have in common, and the rest is only looked at: a database that does not know how
    many are live, or of one commit, would rather go through a whole pipeline's history.
    """
    wanted: dict[sa.Column[Any], Any] = {
        executions.c.revision: which.commit,
        executions.c.lane: lane,
        executions.c.repository: rows if lane is None else None,
        executions.c.ref: which.ref if lane is None else None,
        executions.c.pipeline: which.pipeline if lane is None else None,
    }
    wanted = {column: value for column, value in wanted.items() if value}
    by = _looked_up_by(which, wanted)
    conditions = [_equals(column if column in by else _looked_at(column), v) for column, v in wanted.items()]
    if which.live:
        conditions.append(_looked_at(executions.c.live).is_(True) if which.commit else sa.and_(LIVE, executions.c.live))
    if which.succeeded_in:
        return _successes(which, rows, [_equals(_looked_at(column), v) for column, v in wanted.items()])
    return sa.select(executions.c.body).where(*conditions).order_by(executions.c.sequence.desc())


def _successes(which: ExecutionFilter, rows: list[int], rest: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Those that have succeeded in a stage: there are as many rows of the pipeline and the stage, and no others are gone through."""
    asked: dict[sa.Column[Any], Any] = {
        successes.c.repository: rows,
        successes.c.pipeline: which.pipeline,
        successes.c.stage: which.succeeded_in,
    }
    conditions = [_equals(column, value) for column, value in asked.items() if value]
    if which.live:
        rest = [*rest, _looked_at(executions.c.live).is_(True)]
    joined = successes.join(executions, executions.c.id == successes.c.execution)
    query = sa.select(executions.c.body).select_from(joined).where(*conditions, *rest)
    return query.order_by(successes.c.sequence.desc())


def _looked_up_by(which: ExecutionFilter, wanted: Container[sa.Column[Any]]) -> tuple[sa.Column[Any], ...]:
    columns = executions.c
    if which.commit:
        return (columns.revision,)
    if columns.lane in wanted:
        return (columns.lane,)
    if which.live:
        return ()
    return (columns.repository, columns.ref if which.ref else columns.pipeline)


def _looked_at(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(column, column)


def _equals(what: sa.ColumnElement[Any], value: Any) -> sa.ColumnElement[bool]:
    if isinstance(value, list) and len(value) > 1:
        return what.in_(value)
    same: sa.ColumnElement[bool] = what == (value[0] if isinstance(value, list) else codec.printable(value))
    return same
