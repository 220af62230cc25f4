"""Whom an event concerns, found by the event: to remove history, a database has to know whether anything still refers to it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index(op.f("ix_history_executions_history"), "history_executions", ["history"], unique=False)
