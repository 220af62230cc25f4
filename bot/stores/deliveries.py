"""Deliveries as rows: kept before they are acknowledged, handed out until they are settled."""

import sqlalchemy as sa

from bot.model.delivery import Delivery, DeliveryOutcome
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import PENDING as IS_PENDING
from bot.stores.tables import deliveries

PENDING = Statement(
    sa.select(deliveries.c.provider, deliveries.c.id, deliveries.c.headers, deliveries.c.body, deliveries.c.received_at)
    .where(IS_PENDING)
    .order_by(deliveries.c.sequence)
)
_ADD = Statement(keep_first(deliveries))
_named = (deliveries.c.provider == sa.bindparam("host"), deliveries.c.id == sa.bindparam("wanted"))
_SETTLE = Statement(
    sa.update(deliveries).values(outcome=sa.bindparam("became"), reason=sa.bindparam("why")).where(*_named)
)
_EMPTY = Statement(
    sa.update(deliveries)
    .values(outcome=sa.bindparam("became"), reason=sa.bindparam("why"), body=sa.bindparam("left"))
    .where(*_named)
)


def add(transaction: Transaction, delivery: Delivery, headers: str) -> bool:
    added = transaction.run(
        _ADD,
        provider=delivery.provider,
        id=delivery.id,
        received_at=delivery.received_at,
        outcome=DeliveryOutcome.PENDING.value,
        reason="",
        headers=headers,
        body=delivery.body,
    )
    return added == 1


def pending(transaction: Transaction) -> list[Delivery]:
    return [
        Delivery(provider, name, codec.HEADERS.decode(headers), bytes(body), received_at)
        for provider, name, headers, body, received_at in transaction.all(PENDING)
    ]


def settle(transaction: Transaction, key: str, outcome: DeliveryOutcome, reason: str) -> None:
    """The id stays, so that it is known again. The body stays while it may be needed: not once the delivery was understood."""
    provider, _, name = key.partition(":")
    known = {"host": provider, "wanted": name, "became": outcome.value, "why": reason}
    if outcome in (DeliveryOutcome.DONE, DeliveryOutcome.IGNORED):
        transaction.run(_EMPTY, left=b"", **known)
    else:
        transaction.run(_SETTLE, **known)
