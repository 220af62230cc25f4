"""Which delivery brought each comment with commands. A row a comment, written once, and kept while what it speaks of may be spoken of again."""

import sqlalchemy as sa

from bot.model.host_event import CommentRef
from bot.stores.decided import name_of, thread_of
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import comments, executions, intakes, repositories

_PUT = Statement(keep_first(comments))
BROUGHT_BY = Statement(
    sa.select(comments.c.delivery).where(
        comments.c.provider == sa.bindparam("wanted"), comments.c.id == sa.bindparam("comment")
    )
)


def _nothing_in(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    joined = table.join(repositories, repositories.c.repository == table.c.repository)
    here = (repositories.c.provider == comments.c.provider, repositories.c.id == comments.c.repository)
    return ~sa.exists().select_from(joined).where(*here, *conditions)


# Once an hour.
OLD = Statement(
    sa.select(comments.c.provider, comments.c.id)
    .where(
        comments.c.at <= sa.bindparam("before"),
        _nothing_in(executions, executions.c.ref == comments.c.thread),
        _nothing_in(executions, executions.c.revision == comments.c.thread),
        _nothing_in(intakes, intakes.c.ref == comments.c.thread),
        _nothing_in(intakes, intakes.c.body.contains(comments.c.thread)),
    )
    .limit(sa.bindparam("most"))
)
_FORGET = Statement(
    sa.delete(comments).where(comments.c.provider == sa.bindparam("wanted"), comments.c.id == sa.bindparam("comment"))
)


def take(transaction: Transaction, comment: CommentRef, delivery: str, at: float) -> bool:
    provider, name = comment.repository.provider, name_of(comment)
    transaction.run(
        _PUT,
        provider=provider,
        id=name,
        delivery=delivery,
        repository=comment.repository.id,
        thread=thread_of(comment),
        at=at,
    )
    row = transaction.one(BROUGHT_BY, wanted=provider, comment=name)
    return row is not None and row[0] == delivery


def forget(transaction: Transaction, before: float, limit: int) -> int:
    old = [{"wanted": provider, "comment": name} for provider, name in transaction.all(OLD, before=before, most=limit)]
    transaction.run_each(_FORGET, old)
    return len(old)
