"""Sealing keys as rows, wrapped by whoever gives them: nothing here could open one."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.ports import SealingKey
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import sealing_keys

_ALL = Statement(
    sa.select(sealing_keys.c.name, sealing_keys.c.place, sealing_keys.c.wrapped).order_by(sealing_keys.c.place)
)
_PUT = Statement(keep_last(sealing_keys, "name"))


def read(transaction: Transaction) -> list[SealingKey]:
    return [SealingKey(name, place, bytes(wrapped)) for name, place, wrapped in transaction.all(_ALL)]


def write(transaction: Transaction, keys: Sequence[SealingKey]) -> None:
    for key in keys:
        transaction.run(_PUT, name=key.name, place=key.place, wrapped=key.wrapped)
