"""Versions of definitions as rows: a pipeline's content on its home branch, counted (VER-1, VER-9)."""

import sqlalchemy as sa

from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.ports import DefinitionVersion
from bot.stores.definitions import Definitions
from bot.stores.repositories import Repositories, find
from bot.stores.statements import Statement, Transaction
from bot.stores.tables import repositories as rows
from bot.stores.tables import versions

_mine = (versions.c.repository == sa.bindparam("row"), versions.c.pipeline == sa.bindparam("name"))
_newest_first = versions.c.version.desc()
LAST = Statement(
    sa.select(versions.c.version, versions.c.digest, versions.c.cause).where(*_mine).order_by(_newest_first).limit(1)
)
OF_DIGEST = Statement(
    sa.select(versions.c.version)
    .where(*_mine, versions.c.digest == sa.bindparam("wanted"))
    .order_by(_newest_first)
    .limit(1)
)
ONE = Statement(sa.select(versions.c.digest).where(*_mine, versions.c.version == sa.bindparam("wanted")))
_newer = versions.alias()
_is_newest = ~sa.exists().where(
    _newer.c.repository == versions.c.repository,
    _newer.c.pipeline == versions.c.pipeline,
    _newer.c.version > versions.c.version,
)
NEWEST = Statement(
    sa.select(rows.c.provider, rows.c.id, rows.c.full_name, versions.c.digest)
    .join(rows, rows.c.repository == versions.c.repository)
    .where(_is_newest, ~rows.c.gone)
)
_ADD = Statement(sa.insert(versions))


def record(
    transaction: Transaction,
    definitions: Definitions,
    repositories: Repositories,
    repository: Repository,
    pipeline: Pipeline,
    cause: str,
) -> DefinitionVersion:
    row = repositories.row(transaction, repository)
    last = transaction.one(LAST, row=row, name=pipeline.name)
    if last is not None and last[1] == pipeline.digest:
        return DefinitionVersion(*last)
    made = DefinitionVersion((last[0] if last else 0) + 1, pipeline.digest, cause)
    definitions.write(transaction, [pipeline])
    transaction.run(
        _ADD, repository=row, pipeline=pipeline.name, version=made.number, digest=made.digest, cause=made.cause
    )
    return made


def of_digest(transaction: Transaction, repository: Repository, pipeline: str, digest: str) -> int:
    known = find(transaction, repository)
    row = known and transaction.one(OF_DIGEST, row=known[0], name=pipeline, wanted=digest)
    return row[0] if row else 0


def one(
    transaction: Transaction, definitions: Definitions, repository: Repository, pipeline: str, number: int
) -> Pipeline | None:
    known = find(transaction, repository)
    row = known and transaction.one(ONE, row=known[0], name=pipeline, wanted=number)
    return definitions.read(transaction, row[0]) if row else None


def newest(transaction: Transaction, definitions: Definitions) -> list[tuple[Repository, Pipeline]]:
    """Of every pipeline, by no order."""
    found = transaction.all(NEWEST)
    return [
        (Repository(provider, name, full_name), definitions.read(transaction, digest))
        for provider, name, full_name, digest in found
    ]
