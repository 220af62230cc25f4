"""Which delivery brought each comment with commands. A row a comment, written once."""

import sqlalchemy as sa

from bot.model.host_event import CommentRef
from bot.stores.decided import name_of
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import comments

_PUT = Statement(keep_first(comments))
BROUGHT_BY = Statement(
    sa.select(comments.c.delivery).where(
        comments.c.provider == sa.bindparam("wanted"), comments.c.id == sa.bindparam("comment")
    )
)


def take(transaction: Transaction, comment: CommentRef, delivery: str) -> bool:
    provider, name = comment.repository.provider, name_of(comment)
    transaction.run(_PUT, provider=provider, id=name, delivery=delivery)
    row = transaction.one(BROUGHT_BY, wanted=provider, comment=name)
    return row is not None and row[0] == delivery
