"""Deliveries as rows: kept before they are acknowledged, handed out until they are settled."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
import zstandard

from bot.model.delivery import Delivery, DeliveryOutcome
from bot.ports import Settled
from bot.stores import codec
from bot.stores.codec import printable
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import PENDING as IS_PENDING
from bot.stores.tables import deliveries

PENDING = Statement(
    sa.select(deliveries.c.provider, deliveries.c.id, deliveries.c.headers, deliveries.c.body, deliveries.c.received_at)
    .where(IS_PENDING)
    .order_by(deliveries.c.sequence)
)
KNOWN = Statement(
    sa.select(deliveries.c.sequence).where(
        deliveries.c.provider == sa.bindparam("host"), deliveries.c.id == sa.bindparam("wanted")
    )
)
_ADD = Statement(keep_first(deliveries))
_NEWEST = Statement(sa.select(sa.func.max(deliveries.c.sequence)))
_SINCE = Statement(
    sa.select(deliveries.c.provider, deliveries.c.id).where(deliveries.c.sequence > sa.bindparam("since"))
)
OLDEST = Statement(
    sa.select(deliveries.c.sequence, deliveries.c.received_at)
    .where(deliveries.c.sequence > 0, deliveries.c.outcome != DeliveryOutcome.PENDING.value)
    .order_by(deliveries.c.sequence)
    .limit(sa.bindparam("most"))
)
_FORGET = Statement(sa.delete(deliveries).where(deliveries.c.sequence == sa.bindparam("wanted")))
_COMPRESSOR = zstandard.ZstdCompressor(level=1)
AT_ONCE = 200
"""Rows of one statement: a database takes only so many parameters."""

_UNDERSTOOD = (DeliveryOutcome.DONE, DeliveryOutcome.IGNORED)


def add(transaction: Transaction, arrived: Sequence[Delivery]) -> list[bool]:
    """Keep them, and say of each whether it is new. Of one id told twice, the first counts."""
    new: list[bool] = []
    for first in range(0, len(arrived), AT_ONCE):
        new += _add(transaction, arrived[first : first + AT_ONCE])
    return new


def _add(transaction: Transaction, arrived: Sequence[Delivery]) -> list[bool]:
    bodies = _packed([delivery.body for delivery in arrived])
    rows = [_arrived(delivery, body) for delivery, body in zip(arrived, bodies, strict=True)]
    newest = transaction.one(_NEWEST)
    if transaction.insert_many(_ADD, rows) == len(rows):
        return [True] * len(rows)
    # Which ones were new is asked only when not all were: telling them row by row costs a turn of the interpreter each.
    added = set(transaction.all(_SINCE, since=(newest and newest[0]) or 0))
    return [_first_of(added, delivery) for delivery in arrived]


def _first_of(added: set[tuple[str, str]], delivery: Delivery) -> bool:
    name = (delivery.provider, delivery.id)
    if not delivery.id.isascii():
        name = (delivery.provider, printable(delivery.id))
    found = name in added
    added.discard(name)
    return found


def _packed(bodies: Sequence[bytes]) -> Sequence[bytes]:
    """Compressed, since what is synced to the disk is what an acknowledgement waits for.

    All with one call: each call lets other threads run, and then has to wait for its turn again.
    """
    if not all(bodies):  # nothing has nothing to compress
        return [_COMPRESSOR.compress(body) for body in bodies]
    packed = _COMPRESSOR.multi_compress_to_buffer(list(bodies), threads=0)
    return [packed[index].tobytes() for index in range(len(packed))]


def _unpacked(packed: bytes) -> bytes:
    """Bodies of understood deliveries are gone: what was kept of them is nothing, not compressed nothing."""
    return zstandard.decompress(packed) if packed else b""


def _arrived(delivery: Delivery, body: bytes) -> dict[str, object]:
    return {
        "provider": delivery.provider,
        "id": delivery.id,
        "received_at": delivery.received_at,
        "outcome": DeliveryOutcome.PENDING.value,
        "reason": "",
        "headers": codec.HEADERS.encode(delivery.headers),
        "body": body,
    }


def pending(transaction: Transaction) -> list[Delivery]:
    return [
        Delivery(provider, name, codec.HEADERS.decode(headers), _unpacked(bytes(body)), received_at)
        for provider, name, headers, body, received_at in transaction.all(PENDING)
    ]


def known(transaction: Transaction, keys: Collection[str]) -> set[str]:
    found = ((key, key.partition(":")) for key in keys)
    return {key for key, (provider, _, name) in found if transaction.one(KNOWN, host=provider, wanted=printable(name))}


def settle(transaction: Transaction, settled: Sequence[Settled]) -> None:
    """The id stays, so that it is known again. The body stays while it may be needed: not once the delivery was understood.

    One statement for all that ended alike: in a flood, they mostly do.
    """
    alike: dict[tuple[str, DeliveryOutcome, str], list[str]] = {}
    for one in settled:
        provider, _, name = one.key.partition(":")
        alike.setdefault((printable(provider), one.outcome, printable(one.reason)), []).append(printable(name))
    for (provider, outcome, reason), names in alike.items():
        values = {"outcome": outcome.value, "reason": reason} | ({"body": b""} if outcome in _UNDERSTOOD else {})
        for first in range(0, len(names), AT_ONCE):
            theirs = deliveries.c.id.in_(names[first : first + AT_ONCE])
            transaction.change(sa.update(deliveries).where(deliveries.c.provider == provider, theirs).values(values))


def forget(transaction: Transaction, before: float, limit: int) -> int:
    """Only the oldest are looked at: it must cost the same whether there is much to forget or nothing."""
    old = [sequence for sequence, received_at in transaction.all(OLDEST, most=limit) if received_at < before]
    transaction.run_each(_FORGET, [{"wanted": sequence} for sequence in old])
    return len(old)
