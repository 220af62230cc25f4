"""Repositories as rows: found by the host's id, which stays when one is renamed; and what the last event on a ref came to."""

from collections import OrderedDict

import sqlalchemy as sa

from bot.model.intake import Intake
from bot.model.repository import Ref, Repository
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_first, keep_last
from bot.stores.tables import intakes, repositories

FIND = Statement(
    sa.select(repositories.c.repository, repositories.c.default_branch).where(
        repositories.c.provider == sa.bindparam("host"), repositories.c.id == sa.bindparam("wanted")
    )
)
INTAKE = Statement(
    sa.select(intakes.c.body).where(
        intakes.c.repository == sa.bindparam("wanted"), intakes.c.ref == sa.bindparam("wanted_ref")
    )
)
LIST = Statement(
    sa.select(
        repositories.c.provider, repositories.c.id, repositories.c.full_name, repositories.c.default_branch
    ).order_by(repositories.c.full_name, repositories.c.provider, repositories.c.id)
)
_ADD = Statement(keep_first(repositories))
_PUT = Statement(keep_last(repositories, "provider", "id"))
# Seldom asked, and of one repository's refs: worth no index.
_INTAKES_OF = Statement(
    sa.select(intakes.c.body).where(
        intakes.c.repository == sa.bindparam("wanted"), intakes.c.body.like(sa.bindparam("pattern"))
    )
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
        transaction.run(_PUT, **_columns(repository, default_branch))
        row = self._learn(transaction, repository)
        transaction.run(_PUT_INTAKE, repository=row, ref=str(ref), body=codec.INTAKE.encode(intake))

    def _learn(self, transaction: Transaction, repository: Repository) -> int:
        found = find(transaction, repository)
        assert found is not None  # noqa: S101  it was added just now
        self._rows[repository.provider, repository.id] = found[0]
        if len(self._rows) > ROWS_REMEMBERED:
            self._rows.popitem(last=False)
        return found[0]


def _columns(repository: Repository, default_branch: str) -> dict[str, str]:
    return {
        "provider": repository.provider,
        "id": repository.id,
        "full_name": repository.full_name,
        "default_branch": default_branch,
    }
