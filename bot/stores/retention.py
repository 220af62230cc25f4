"""Executions removed for good, with the rows that only they refer to. Which may go is `bot.core.retention`'s to say."""

from collections.abc import Collection

import sqlalchemy as sa

from bot.model.execution import Execution, LaneKey
from bot.stores import codec
from bot.stores.definitions import Definitions
from bot.stores.statements import Statement, Transaction
from bot.stores.tables import (
    definitions,
    executions,
    history,
    history_executions,
    lanes,
    questions,
    reported,
    results,
    versions,
)

_wanted: sa.BindParameter[str] = sa.bindparam("wanted")
OLDEST = Statement(
    sa.select(executions.c.sequence, executions.c.body)
    .where(executions.c.sequence > sa.bindparam("after"))
    .order_by(executions.c.sequence)
    .limit(sa.bindparam("most"))
)
ROLLBACKS = Statement(
    sa.select(executions.c.body)
    .select_from(executions.join(lanes, lanes.c.lane == executions.c.lane))
    .where(lanes.c.key == _wanted, executions.c.body.like(sa.bindparam("pattern")))
)
DOOMED = Statement(
    sa.select(executions.c.pipeline, executions.c.body).where(executions.c.id == _wanted, executions.c.live.is_(False))
)
EVENTS = Statement(sa.select(history_executions.c.history).where(history_executions.c.execution == _wanted))
# The next oldest most often runs the same definition, so the first that is looked at answers it.
IN_USE = Statement(
    sa.select(executions.c.id)
    .where(executions.c.pipeline == sa.bindparam("name"), executions.c.body.like(sa.bindparam("pattern")))
    .order_by(executions.c.sequence)
    .limit(1)
)
# One row a change of a pipeline's file: few, and asked seldom.
VERSION = Statement(
    sa.select(versions.c.version)
    .where(versions.c.pipeline == sa.bindparam("name"), versions.c.digest == sa.bindparam("digest"))
    .limit(1)
)
_UNLINK = Statement(sa.delete(history_executions).where(history_executions.c.execution == _wanted))
_DROP_EVENT = Statement(
    sa.delete(history).where(
        history.c.sequence == _wanted, ~sa.exists().where(history_executions.c.history == history.c.sequence)
    )
)
_DROP_QUESTION = Statement(sa.delete(questions).where(questions.c.execution == _wanted))
_DROP_RESULTS = Statement(sa.delete(results).where(results.c.execution == _wanted))
_DROP = Statement(sa.delete(executions).where(executions.c.id == _wanted))
_DROP_REPORTED = Statement(
    sa.delete(reported).where(reported.c.key >= sa.bindparam("first"), reported.c.key < sa.bindparam("beyond"))
)
_DROP_DEFINITION = Statement(sa.delete(definitions).where(definitions.c.digest == _wanted))


def oldest(transaction: Transaction, limit: int, after: int) -> list[tuple[int, Execution]]:
    rows = transaction.all(OLDEST, most=limit, after=after)
    return [(place, codec.EXECUTION.decode(body)) for place, body in rows]


def rollback_targets(transaction: Transaction, lane: LaneKey) -> set[str]:
    """The lane's rows are gone through where they lie: only rollbacks are read."""
    rows = transaction.all(ROLLBACKS, wanted=lane.id, pattern='%"type":"ROLLBACK"%')
    found = (codec.EXECUTION.decode(body).rollback for (body,) in rows)
    return {rollback.target for rollback in found if rollback is not None}


def remove(
    transaction: Transaction, known: Definitions, doomed: Collection[str], reported_under: Collection[str]
) -> int:
    digests: set[tuple[str, str]] = set()
    removed = 0
    for execution in doomed:
        row = transaction.one(DOOMED, wanted=execution)
        if row is None:
            continue
        pipeline, body = row
        digests.add((pipeline, codec.EXECUTION.decode(body).definition))
        events = [{"wanted": event} for (event,) in transaction.all(EVENTS, wanted=execution)]
        transaction.run(_UNLINK, wanted=execution)
        transaction.run_each(_DROP_EVENT, events)
        transaction.run(_DROP_QUESTION, wanted=execution)
        transaction.run(_DROP_RESULTS, wanted=execution)
        removed += transaction.run(_DROP, wanted=execution)
    for beginning in reported_under:
        transaction.run(_DROP_REPORTED, first=beginning, beyond=beginning[:-1] + chr(ord(beginning[-1]) + 1))
    unused = [digest for name, digest in digests if not _in_use(transaction, name, digest)]
    transaction.run_each(_DROP_DEFINITION, [{"wanted": digest} for digest in unused])
    if unused:
        known.forget_written()
    return removed


def _in_use(transaction: Transaction, pipeline: str, digest: str) -> bool:
    return (
        transaction.one(VERSION, name=pipeline, digest=digest) is not None
        or transaction.one(IN_USE, name=pipeline, pattern=f"%{digest}%") is not None
    )
