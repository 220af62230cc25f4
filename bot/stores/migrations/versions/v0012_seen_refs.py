"""What each repository's refs were when they were last looked at, for those of which no delivery has told yet."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seen_refs",
        sa.Column("repository", _Sequence, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_seen_refs_repository")),
        sa.PrimaryKeyConstraint("repository", name=op.f("pk_seen_refs")),
    )
