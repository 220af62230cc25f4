"""Deployments to servers, a row each."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "server_deployments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("deployment_group", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_deployments")),
    )
    op.create_index("ix_server_deployments_execution", "server_deployments", ["execution"])
    op.create_index("ix_server_deployments_group", "server_deployments", ["deployment_group", "created_at"])
