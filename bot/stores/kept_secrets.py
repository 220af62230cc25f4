"""Kept secrets as rows, wrapped by whoever gives them: nothing here could open one."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from bot.ports import KeptSecret
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import kept_secrets

_FIELDS = ("name", "kind", "provider", "repository", "full_name", "ends", "wrapped")
_ALL = Statement(sa.select(*(kept_secrets.c[name] for name in _FIELDS)).order_by(kept_secrets.c.name))
_PUT = Statement(keep_last(kept_secrets, "name"))
_DROP = Statement(sa.delete(kept_secrets).where(kept_secrets.c.name == sa.bindparam("wanted")))


def read(transaction: Transaction) -> list[KeptSecret]:
    rows = [dict(zip(_FIELDS, row, strict=True)) for row in transaction.all(_ALL)]
    return [KeptSecret(**{**row, "wrapped": bytes(row["wrapped"])}) for row in rows]


def write(transaction: Transaction, secrets: Sequence[KeptSecret]) -> None:
    for secret in secrets:
        transaction.run(_PUT, **{name: getattr(secret, name) for name in _FIELDS})


def forget(transaction: Transaction, names: Collection[str]) -> None:
    transaction.run_each(_DROP, [{"wanted": name} for name in names])
