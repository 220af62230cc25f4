"""What a repository's refs were when they were last looked at, as one row: it is read and written whole, and never searched."""

from collections.abc import Mapping

import sqlalchemy as sa

from bot.model.intake import Intake
from bot.model.repository import Ref, Repository
from bot.stores import codec
from bot.stores.repositories import Repositories, find
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import intakes, seen_refs

SEEN = Statement(sa.select(seen_refs.c.body).where(seen_refs.c.repository == sa.bindparam("row")))
HEARD = Statement(sa.select(intakes.c.ref, intakes.c.body).where(intakes.c.repository == sa.bindparam("row")))
_PUT = Statement(keep_last(seen_refs, "repository"))


def read(transaction: Transaction, repository: Repository) -> Mapping[Ref, str] | None:
    known = find(transaction, repository)
    row = known and transaction.one(SEEN, row=known[0])
    return {Ref.parse(name): commit for name, commit in codec.SEEN.decode(row[0]).items()} if row else None


def write(
    transaction: Transaction, repositories: Repositories, repository: Repository, seen: Mapping[Ref, str]
) -> None:
    body = codec.SEEN.encode({str(ref): commit for ref, commit in seen.items()})
    transaction.run(_PUT, repository=repositories.row(transaction, repository), body=body)


def heard(transaction: Transaction, repository: Repository) -> Mapping[Ref, Intake]:
    known = find(transaction, repository)
    rows = transaction.all(HEARD, row=known[0]) if known else ()
    return {Ref.parse(ref): codec.INTAKE.decode(body) for ref, body in rows}
