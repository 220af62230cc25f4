"""What lanes share: environments; what they are compared with: versions of definitions; and where approvals were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "environments",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_environments")),
    )
    op.create_table(
        "versions",
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_versions_repository")),
        sa.PrimaryKeyConstraint("repository", "pipeline", "version", name=op.f("pk_versions")),
    )
    op.create_table(
        "questions",
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_questions_repository")),
        sa.PrimaryKeyConstraint("execution", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_repository_thread"), "questions", ["repository", "thread"], unique=False)
