"""Batches of builds as rows, one an attempt at an action; found by execution."""

import sqlalchemy as sa

from bot.model.batch import BatchRun
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import batches

OF_EXECUTION = Statement(
    sa.select(batches.c.body).where(batches.c.execution == sa.bindparam("wanted")).order_by(*batches.primary_key)
)
_PUT = Statement(keep_last(batches, "execution", "stage", "action", "attempt"))


def keep(transaction: Transaction, batch: BatchRun) -> None:
    transaction.run(
        _PUT,
        execution=batch.execution,
        stage=batch.stage,
        action=batch.action,
        attempt=batch.attempt,
        body=codec.BATCH.encode(batch),
    )


def of_execution(transaction: Transaction, execution: str) -> list[BatchRun]:
    return [codec.BATCH.decode(body) for (body,) in transaction.all(OF_EXECUTION, wanted=execution)]
