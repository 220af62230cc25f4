"""The entries of build caches as rows, all of a repository's read at once: they are few, since their size is limited."""

from collections.abc import Collection

import sqlalchemy as sa

from bot.model.cache import CacheEntry
from bot.model.repository import Repository
from bot.stores.repositories import Repositories, find
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import caches

_FIELDS = ("scope", "version", "ref", "key", "artifact", "size", "at", "used")
ENTRIES = Statement(
    sa.select(*(caches.c[name] for name in _FIELDS))
    .where(caches.c.repository == sa.bindparam("row"))
    .order_by(caches.c.at.desc(), caches.c.artifact)
)
_PUT = Statement(keep_last(caches, "repository", "scope", "version", "ref", "key"))
_DROP = Statement(
    sa.delete(caches).where(caches.c.repository == sa.bindparam("row"), caches.c.artifact == sa.bindparam("wanted"))
)


def entries(transaction: Transaction, repository: Repository) -> list[CacheEntry]:
    known = find(transaction, repository)
    rows = transaction.all(ENTRIES, row=known[0]) if known else ()
    return [CacheEntry(*row) for row in rows]


def keep(transaction: Transaction, repositories: Repositories, repository: Repository, entry: CacheEntry) -> None:
    row = repositories.row(transaction, repository)
    transaction.run(_PUT, repository=row, **{name: getattr(entry, name) for name in _FIELDS})


def forget(transaction: Transaction, repository: Repository, artifacts: Collection[str]) -> None:
    known = find(transaction, repository)
    if known is not None:
        transaction.run_each(_DROP, [{"row": known[0], "wanted": artifact} for artifact in artifacts])
