"""What tests and coverage came to, an attempt at an action a row."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_results_repository")),
        sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt", name=op.f("pk_results")),
    )
    op.create_index("ix_results_ref", "results", ["repository", "pipeline", "stage", "action", "ref", "number"])
    op.create_index(
        "ix_results_revision", "results", ["repository", "pipeline", "stage", "action", "revision", "number"]
    )
