"""What builds keep for the builds after them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "caches",
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("artifact", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_caches_repository")),
        sa.PrimaryKeyConstraint("repository", "scope", "version", "ref", "key", name=op.f("pk_caches")),
    )
