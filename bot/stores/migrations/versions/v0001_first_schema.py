"""The first schema: deliveries, repositories, lanes, executions, history, outbox, and what hosts were told."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite numbers rows by itself only in a column of exactly this type.
_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_deliveries()
    _create_repositories()
    _create_lanes()
    _create_executions()
    _index_executions()
    _create_history()
    _create_outbox()


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("sequence", _Sequence, autoincrement=True, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("provider", "id", name=op.f("uq_deliveries_provider_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["outcome", "sequence"],
        unique=False,
        sqlite_where=sa.text("outcome = 'pending'"),
        postgresql_where=sa.text("outcome = 'pending'"),
    )


def _create_repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("repository", _Sequence, autoincrement=True, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("default_branch", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", name=op.f("pk_repositories")),
        sa.UniqueConstraint("provider", "id", name=op.f("uq_repositories_provider_id")),
    )
    op.create_index(op.f("ix_repositories_full_name"), "repositories", ["full_name"], unique=False)
    op.create_table(
        "intakes",
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_intakes_repository")),
        sa.PrimaryKeyConstraint("repository", "ref", name=op.f("pk_intakes")),
    )


def _create_lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("lane", _Sequence, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_lanes_repository")),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_lanes")),
        sa.UniqueConstraint("key", name=op.f("uq_lanes_key")),
    )
    op.create_index(op.f("ix_lanes_repository_ref"), "lanes", ["repository", "ref"], unique=False)
    op.create_table(
        "definitions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_definitions")),
    )


def _create_executions() -> None:
    op.create_table(
        "executions",
        sa.Column("sequence", _Sequence, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("lane", _Sequence, nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lane"], ["lanes.lane"], name=op.f("fk_executions_lane")),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_executions_repository")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_executions")),
        sa.UniqueConstraint("id", name=op.f("uq_executions_id")),
        sa.UniqueConstraint("repository", "pipeline", "number", name=op.f("uq_executions_repository_pipeline_number")),
        sqlite_autoincrement=True,
    )


def _index_executions() -> None:
    op.create_index(op.f("ix_executions_lane_sequence"), "executions", ["lane", "sequence"], unique=False)
    op.create_index(
        "ix_executions_live",
        "executions",
        ["live", "sequence"],
        unique=False,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_index(
        "ix_executions_live_lane",
        "executions",
        ["lane", "sequence"],
        unique=False,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_index(op.f("ix_executions_pipeline_sequence"), "executions", ["pipeline", "sequence"], unique=False)
    op.create_index(op.f("ix_executions_ref_sequence"), "executions", ["ref", "sequence"], unique=False)
    op.create_index(
        op.f("ix_executions_repository_pipeline_sequence"),
        "executions",
        ["repository", "pipeline", "sequence"],
        unique=False,
    )
    op.create_index(
        op.f("ix_executions_repository_ref_sequence"), "executions", ["repository", "ref", "sequence"], unique=False
    )
    op.create_index(op.f("ix_executions_repository_sequence"), "executions", ["repository", "sequence"], unique=False)
    op.create_index(op.f("ix_executions_revision_sequence"), "executions", ["revision", "sequence"], unique=False)


def _create_history() -> None:
    op.create_table(
        "history",
        sa.Column("sequence", _Sequence, autoincrement=True, nullable=False),
        sa.Column("lane", _Sequence, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lane"], ["lanes.lane"], name=op.f("fk_history_lane")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_history")),
        sa.UniqueConstraint("lane", "event", name=op.f("uq_history_lane_event")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "history_executions",
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("history", _Sequence, nullable=False),
        sa.ForeignKeyConstraint(["history"], ["history.sequence"], name=op.f("fk_history_executions_history")),
        sa.PrimaryKeyConstraint("execution", "history", name=op.f("pk_history_executions")),
        sqlite_with_rowid=False,
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("sequence", _Sequence, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_due_sequence"), "outbox", ["due", "sequence"], unique=False)
    op.create_table(
        "reported",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_reported")),
    )
