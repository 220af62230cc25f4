"""Repositories as rows: found by the host's id, which stays when one is renamed, or by a name; and what the last event on a ref came to."""

from collections import OrderedDict

import sqlalchemy as sa

from bot.model.intake import Intake
from bot.model.repository import Ref, Repository
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_first, keep_last
from bot.stores.tables import former_names, intakes, repositories

FIND = Statement(
    sa.select(repositories.c.repository, repositories.c.default_branch, repositories.c.full_name).where(
        repositories.c.provider == sa.bindparam("host"), repositories.c.id == sa.bindparam("wanted")
    )
)
_FIELDS = (repositories.c.provider, repositories.c.id, repositories.c.full_name, repositories.c.default_branch)
CALLED = Statement(
    sa.select(*_FIELDS).where(
        repositories.c.provider == sa.bindparam("host"), repositories.c.full_name == sa.bindparam("wanted")
    )
)
ONCE_CALLED = Statement(
    sa.select(*_FIELDS)
    .join(former_names, former_names.c.repository == repositories.c.repository)
    .where(former_names.c.provider == sa.bindparam("host"), former_names.c.full_name == sa.bindparam("wanted"))
)
INTAKE = Statement(
    sa.select(intakes.c.body).where(
        intakes.c.repository == sa.bindparam("wanted"), intakes.c.ref == sa.bindparam("wanted_ref")
    )
)
_ALL = sa.select(*_FIELDS).order_by(repositories.c.full_name, repositories.c.provider, repositories.c.id)
LIST = Statement(_ALL)
CONNECTED = Statement(_ALL.where(~repositories.c.gone))
_ADD = Statement(keep_first(repositories))
_PUT = Statement(keep_last(repositories, "provider", "id"))
# Seldom asked, and of one repository's refs: worth no index.
_INTAKES_OF = Statement(
    sa.select(intakes.c.body).where(
        intakes.c.repository == sa.bindparam("wanted"), intakes.c.body.like(sa.bindparam("pattern"))
    )
)
_PUT_FORMER = Statement(keep_last(former_names, "provider", "full_name"))
_LEAVE = Statement(
    sa.update(repositories)
    .where(repositories.c.provider == sa.bindparam("host"), repositories.c.id == sa.bindparam("wanted"))
    .values(gone=sa.true())
)
_PUT_INTAKE = Statement(keep_last(intakes, "repository", "ref"))

ROWS_REMEMBERED = 4096


def find(transaction: Transaction, repository: Repository) -> tuple[int, str] | None:
    """The repository's row and default branch."""
    row = transaction.one(FIND, host=repository.provider, wanted=repository.id)
    return None if row is None else (row[0], row[1])


def known(transaction: Transaction) -> list[tuple[Repository, str]]:
    """All repositories by name, each with its default branch."""
    rows = transaction.all(LIST)
    return [(Repository(provider, name, full_name), branch) for provider, name, full_name, branch in rows]


def connected(transaction: Transaction) -> list[tuple[Repository, str]]:
    """Those of them that have not left."""
    return [(Repository(*row[:3]), row[3]) for row in transaction.all(CONNECTED)]


def called(transaction: Transaction, provider: str, full_name: str) -> tuple[Repository, str] | None:
    """The one of that name, or else the one that had it before; with its default branch."""
    row = transaction.one(CALLED, host=provider, wanted=full_name)
    row = row or transaction.one(ONCE_CALLED, host=provider, wanted=full_name)
    return (Repository(*row[:3]), row[3]) if row else None


def leave(transaction: Transaction, repository: Repository) -> None:
    transaction.run(_LEAVE, host=repository.provider, wanted=repository.id)


def intake(transaction: Transaction, repository: Repository, ref: Ref) -> Intake | None:
    found = find(transaction, repository)
    row = found and transaction.one(INTAKE, wanted=found[0], wanted_ref=str(ref))
    return codec.INTAKE.decode(row[0]) if row else None


def intakes_of(transaction: Transaction, repository: Repository, commit: str) -> list[Intake]:
    """Those of the commit, the newest first."""
    found = find(transaction, repository)
    rows = transaction.all(_INTAKES_OF, wanted=found[0], pattern=f"%{commit}%") if found and commit else []
    read = [codec.INTAKE.decode(row[0]) for row in rows]
    return sorted((each for each in read if each.commit == commit), key=lambda each: -each.at)


class Repositories:
    """Which row is which repository, in the writer's thread."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], int] = OrderedDict()

    def forget(self) -> None:
        """After a rollback: a row that was added is not there."""
        self._rows.clear()

    def row(self, transaction: Transaction, repository: Repository) -> int:
        """The repository's row, added when it is new."""
        key = (repository.provider, repository.id)
        known = self._rows.get(key)
        if known is None:
            transaction.run(_ADD, **_columns(repository, ""))
            known = self._learn(transaction, repository)
        return known

    def record_intake(
        self, transaction: Transaction, repository: Repository, ref: Ref, default_branch: str, intake: Intake
    ) -> None:
        row = self._put(transaction, repository, default_branch)
        transaction.run(_PUT_INTAKE, repository=row, ref=str(ref), body=codec.INTAKE.encode(intake))

    def rename(self, transaction: Transaction, repository: Repository) -> None:
        found = find(transaction, repository)
        if found is not None:
            self._put(transaction, repository, found[1])

    def _put(self, transaction: Transaction, repository: Repository, default_branch: str) -> int:
        """The row as it is by now. A name that it had before still leads to it."""
        before = transaction.one(FIND, host=repository.provider, wanted=repository.id)
        transaction.run(_PUT, **_columns(repository, default_branch))
        row = self._learn(transaction, repository)
        if before is not None and before[2] != repository.full_name:
            transaction.run(_PUT_FORMER, provider=repository.provider, full_name=before[2], repository=row)
        return row

    def _learn(self, transaction: Transaction, repository: Repository) -> int:
        found = find(transaction, repository)
        assert found is not None  # noqa: S101  it was added just now
        self._rows[repository.provider, repository.id] = found[0]
        if len(self._rows) > ROWS_REMEMBERED:
            self._rows.popitem(last=False)
        return found[0]


def _columns(repository: Repository, default_branch: str) -> dict[str, str | bool]:
    return {
        "provider": repository.provider,
        "id": repository.id,
        "full_name": repository.full_name,
        "default_branch": default_branch,
        "gone": False,
    }
