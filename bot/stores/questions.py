"""Where people were asked for an execution's approvals, as rows: so that what they answer there finds it."""

import sqlalchemy as sa

from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Repository
from bot.stores.repositories import Repositories, find
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import questions

THERE = Statement(
    sa.select(questions.c.execution).where(
        questions.c.repository == sa.bindparam("row"), questions.c.thread == sa.bindparam("place")
    )
)
WHERE = Statement(sa.select(questions.c.thread).where(questions.c.execution == sa.bindparam("wanted")))
_ADD = Statement(keep_first(questions))


def add(
    transaction: Transaction, repositories: Repositories, repository: Repository, execution: str, thread: Thread
) -> None:
    row = repositories.row(transaction, repository)
    transaction.run(_ADD, execution=execution, repository=row, thread=_text(thread))


def there(transaction: Transaction, repository: Repository, thread: Thread) -> list[str]:
    known = find(transaction, repository)
    rows = transaction.all(THERE, row=known[0], place=_text(thread)) if known else ()
    return [execution for (execution,) in rows]


def where(transaction: Transaction, execution: str) -> Thread | None:
    row = transaction.one(WHERE, wanted=execution)
    if row is None:
        return None
    kind, _, name = row[0].partition(":")
    return Thread(ThreadKind(kind), name)


def _text(thread: Thread) -> str:
    return f"{thread.kind}:{thread.name}"
