"""Which names repositories had before, and which have left: deleted, archived, or no longer this bot's."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "former_names",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_former_names_repository")),
        sa.PrimaryKeyConstraint("provider", "full_name", name=op.f("pk_former_names")),
    )
    op.add_column("repositories", sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()))
