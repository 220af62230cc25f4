"""What comes from the hosts: deliveries, repositories with their names and refs, comments."""

import sqlalchemy as sa

from bot.stores.tables.columns import Sequence, metadata, numbered, reference, text, time

deliveries = sa.Table(
    "deliveries",
    metadata,
    numbered(),
    text("provider"),
    text("id"),
    time("received_at"),
    text("outcome"),
    text("reason"),
    text("headers"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("provider", "id"),
    sqlite_autoincrement=True,
)
PENDING = sa.text("outcome = 'pending'")
sa.Index(
    "ix_deliveries_pending",
    deliveries.c.outcome,
    deliveries.c.sequence,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)

repositories = sa.Table(
    "repositories",
    metadata,
    numbered("repository"),
    text("provider"),
    text("id"),
    sa.Column("full_name", sa.Text, nullable=False, index=True),
    text("default_branch"),
    sa.Column("gone", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("provider", "id"),
)

former_names = sa.Table(
    "former_names",
    metadata,
    text("provider"),
    text("full_name"),
    reference("repository", "repositories.repository"),
    sa.PrimaryKeyConstraint("provider", "full_name"),
)

intakes = sa.Table(
    "intakes",
    metadata,
    reference("repository", "repositories.repository"),
    text("ref"),
    text("body"),
    sa.PrimaryKeyConstraint("repository", "ref"),
)

# What refs were when they were last looked at, where no delivery has told of them yet: the others' are in `intakes`.
seen_refs = sa.Table(
    "seen_refs",
    metadata,
    sa.Column("repository", Sequence, sa.ForeignKey("repositories.repository"), primary_key=True, autoincrement=False),
    text("body"),
)

# Comments with commands, and which delivery brought each, when. `thread` is a pull request's ref, or a commit.
comments = sa.Table(
    "comments",
    metadata,
    text("provider"),
    text("id"),
    text("delivery"),
    sa.Column("repository", sa.Text, nullable=False, server_default=""),
    sa.Column("thread", sa.Text, nullable=False, server_default=""),
    sa.Column("at", sa.Double, nullable=False, server_default="0"),
    sa.PrimaryKeyConstraint("provider", "id"),
    sa.Index(None, "at"),
)
