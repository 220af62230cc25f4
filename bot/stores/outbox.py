"""The outbox's rows: effects that are ordered and not yet performed, and what hosts were last told. Performing is `bot.runtime`'s."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from bot.core.effects import Effect
from bot.ports import OutboxEntry, Reported
from bot.stores import codec
from bot.stores.decided import entries
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import outbox, reported

PENDING = Statement(
    sa.select(
        outbox.c.sequence,
        outbox.c.key,
        outbox.c.body,
        outbox.c.lane,
        outbox.c.due,
        outbox.c.attempts,
        outbox.c.stamp,
    )
    .where(outbox.c.due < sa.bindparam("before"))
    .order_by(outbox.c.due, outbox.c.sequence)
)
EXISTS = Statement(sa.select(outbox.c.sequence).where(outbox.c.key == sa.bindparam("wanted")))
REPORTED = Statement(sa.select(reported.c.digest, reported.c.remote_id).where(reported.c.key == sa.bindparam("wanted")))
_mine = (outbox.c.key == sa.bindparam("wanted"), outbox.c.stamp == sa.bindparam("of"))
_ADD = Statement(sa.insert(outbox))
_DROP = Statement(sa.delete(outbox).where(outbox.c.key == sa.bindparam("wanted")))
_SETTLE = Statement(sa.delete(outbox).where(*_mine))
_POSTPONE = Statement(
    sa.update(outbox).values(due=sa.bindparam("later"), attempts=sa.bindparam("failed")).where(*_mine)
)
_PUT_REPORTED = Statement(keep_last(reported, "key"))


def write(
    transaction: Transaction, lane: str, effects: Sequence[Effect], settles: Sequence[str] = ()
) -> list[OutboxEntry]:
    """Take out what is settled, then order. An effect that is ordered anew goes to the end of the line."""
    ordered = entries(effects, lane)
    transaction.run_each(_DROP, [{"wanted": key} for key in (*settles, *(entry.key for entry in ordered))])
    transaction.run_each(_ADD, [_columns(entry) for entry in ordered])
    return ordered


def pending(transaction: Transaction, before: float) -> list[OutboxEntry]:
    rows = sorted(transaction.all(PENDING, before=before))
    return [
        OutboxEntry(key, codec.EFFECT.decode(body), lane, due_at, attempts, stamp)
        for _, key, body, lane, due_at, attempts, stamp in rows
    ]


def settle(transaction: Transaction, key: str, stamp: int) -> bool:
    return bool(transaction.run(_SETTLE, wanted=key, of=stamp)) or transaction.one(EXISTS, wanted=key) is None


def postpone(transaction: Transaction, key: str, stamp: int, later: float, attempts: int) -> None:
    transaction.run(_POSTPONE, wanted=key, of=stamp, later=later, failed=attempts)


def read_reported(transaction: Transaction, keys: Sequence[str]) -> dict[str, Reported]:
    found = ((key, transaction.one(REPORTED, wanted=key)) for key in keys)
    return {key: Reported(row[0], row[1]) for key, row in found if row is not None}


def write_reported(transaction: Transaction, values: Mapping[str, Reported]) -> None:
    transaction.run_each(
        _PUT_REPORTED,
        [{"key": key, "digest": value.digest, "remote_id": value.remote_id} for key, value in values.items()],
    )


def _columns(entry: OutboxEntry) -> dict[str, object]:
    return {
        "key": entry.key,
        "stamp": entry.stamp,
        "lane": entry.lane,
        "due": entry.due,
        "attempts": entry.attempts,
        "body": codec.EFFECT.encode(entry.effect),
    }
