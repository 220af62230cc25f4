"""What actions' logs remark as rows, one an attempt at an action; found by execution."""

import sqlalchemy as sa

from bot.model.annotation import AnnotationsRecord
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import annotations

OF_EXECUTION = Statement(
    sa.select(annotations.c.body)
    .where(annotations.c.execution == sa.bindparam("wanted"))
    .order_by(*annotations.primary_key)
)
_PUT = Statement(keep_last(annotations, "execution", "stage", "action", "attempt"))


def keep(transaction: Transaction, record: AnnotationsRecord) -> None:
    transaction.run(
        _PUT,
        execution=record.execution,
        stage=record.stage,
        action=record.action,
        attempt=record.attempt,
        body=codec.ANNOTATIONS.encode(record),
    )


def of_execution(transaction: Transaction, execution: str) -> list[AnnotationsRecord]:
    return [codec.ANNOTATIONS.decode(body) for (body,) in transaction.all(OF_EXECUTION, wanted=execution)]
