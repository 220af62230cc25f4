"""When comments with commands were taken, and of what they are: so that they can be forgotten when nothing of that is left."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_comments = sa.table("comments", *map(sa.column, ("provider", "id", "repository", "thread", "at")))


def upgrade() -> None:
    for name in ("repository", "thread"):
        op.add_column("comments", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("comments", sa.Column("at", sa.Double(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_comments_at"), "comments", ["at"])
    connection = op.get_bind()
    rows = connection.execute(sa.select(_comments.c.provider, _comments.c.id)).all()
    for provider, name in rows:
        repository, kind, thread, _ = name.rsplit("/", 3)
        connection.execute(
            sa.update(_comments)
            .where(_comments.c.provider == provider, _comments.c.id == name)
            .values(
                repository=repository,
                thread=f"pull/{thread}" if kind == "pull_request" else thread,
                at=time.time(),  # nobody knows any more: as if they had come now
            )
        )
