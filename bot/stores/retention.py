"""Executions removed for good, with the rows that only they refer to. Which may go is `bot.core.retention`'s to say."""

import itertools
import json
from collections.abc import Collection

import sqlalchemy as sa

from bot.model.execution import Execution, LaneKey
from bot.stores import codec
from bot.stores.definitions import Definitions
from bot.stores.statements import Statement, Transaction
from bot.stores.tables import (
    annotations,
    batches,
    definitions,
    executions,
    history,
    history_executions,
    intakes,
    lanes,
    questions,
    reported,
    results,
    server_deployments,
    successes,
    versions,
)

_wanted: sa.BindParameter[str] = sa.bindparam("wanted")
OLDEST = Statement(
    sa.select(executions.c.sequence, executions.c.body)
    .where(executions.c.sequence > sa.bindparam("after"))
    .order_by(executions.c.sequence)
    .limit(sa.bindparam("most"))
)
# The index of lanes has all that is counted; once an hour.
_ranked = sa.select(
    executions.c.id,
    executions.c.sequence,
    executions.c.live,
    sa.func.row_number().over(partition_by=executions.c.lane, order_by=executions.c.sequence.desc()).label("rank"),
).subquery()
SURPLUS = Statement(
    sa.select(_ranked.c.id)
    .where(_ranked.c.rank > sa.bindparam("kept"), _ranked.c.live.is_(False))
    .order_by(_ranked.c.sequence)
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
_DROP_ANNOTATIONS = Statement(sa.delete(annotations).where(annotations.c.execution == _wanted))
_DROP_BATCHES = Statement(sa.delete(batches).where(batches.c.execution == _wanted))
_newer = server_deployments.alias("newer")
_DROP_SERVER_DEPLOYMENTS = Statement(
    sa.delete(server_deployments).where(
        server_deployments.c.execution == _wanted,
        sa.exists().where(
            _newer.c.deployment_group == server_deployments.c.deployment_group,
            _newer.c.created_at > server_deployments.c.created_at,
            _newer.c.status == "Succeeded",
        ),
    )
)
_DROP_SUCCESSES = Statement(sa.delete(successes).where(successes.c.execution == _wanted))
_DROP = Statement(sa.delete(executions).where(executions.c.id == _wanted))
_DROP_REPORTED = Statement(
    sa.delete(reported).where(reported.c.key >= sa.bindparam("first"), reported.c.key < sa.bindparam("beyond"))
)
# Every event names its time; those that are linked go with their executions.
UNLINKED = Statement(
    sa.select(history.c.sequence, history.c.body)
    .where(
        history.c.sequence > sa.bindparam("after"),
        ~sa.exists().where(history_executions.c.history == history.c.sequence),
    )
    .order_by(history.c.sequence)
    .limit(sa.bindparam("most"))
)
_FORGET_EVENT = Statement(sa.delete(history).where(history.c.sequence == sa.bindparam("wanted", type_=sa.BigInteger)))
# One row a ref, asked once an hour: worth no index.
OVER = Statement(
    sa.select(intakes.c.repository, intakes.c.ref, intakes.c.body).where(
        sa.or_(intakes.c.body.like('%"over":true%'), intakes.c.body.like('%"commit":""%')),
        ~sa.exists().where(executions.c.repository == intakes.c.repository, executions.c.ref == intakes.c.ref),
    )
)
_FORGET_INTAKE = Statement(
    sa.delete(intakes).where(intakes.c.repository == sa.bindparam("row"), intakes.c.ref == sa.bindparam("name"))
)
_DROP_DEFINITION = Statement(sa.delete(definitions).where(definitions.c.digest == _wanted))


def oldest(transaction: Transaction, limit: int, after: int) -> list[tuple[int, Execution]]:
    rows = transaction.all(OLDEST, most=limit, after=after)
    return [(place, codec.EXECUTION.decode(body)) for place, body in rows]


def surplus(transaction: Transaction, kept: int) -> list[str]:
    return [found for (found,) in transaction.all(SURPLUS, kept=kept)]


def rollback_targets(transaction: Transaction, lane: LaneKey) -> set[str]:
    """The lane's rows are gone through where they lie: only rollbacks are read."""
    rows = transaction.all(ROLLBACKS, wanted=lane.id, pattern='%"type":"ROLLBACK"%')
    found = (codec.EXECUTION.decode(body).rollback for (body,) in rows)
    return {rollback.target for rollback in found if rollback is not None}


def forget_events(transaction: Transaction, before: float, limit: int, after: int) -> tuple[int, int]:
    rows = transaction.all(UNLINKED, after=after, most=limit)
    old = [sequence for sequence, _ in itertools.takewhile(lambda row: json.loads(row[1])["at"] <= before, rows)]
    transaction.run_each(_FORGET_EVENT, [{"wanted": sequence} for sequence in old])
    return len(old), old[-1] if old else after


def forget_intakes(transaction: Transaction, before: float) -> int:
    known = ((row, ref, codec.INTAKE.decode(body)) for row, ref, body in transaction.all(OVER))
    old = [{"row": row, "name": ref} for row, ref, intake in known if intake.is_last and intake.at <= before]
    transaction.run_each(_FORGET_INTAKE, old)
    return len(old)


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
        transaction.run(_DROP_ANNOTATIONS, wanted=execution)
        transaction.run(_DROP_BATCHES, wanted=execution)
        transaction.run(_DROP_SERVER_DEPLOYMENTS, wanted=execution)
        transaction.run(_DROP_SUCCESSES, wanted=execution)
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
