"""Which executions are of changes from outside: they tell a commit's statuses only where no other does."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("executions", sa.Column("outside", sa.Boolean(), nullable=False, server_default=sa.false()))
    executions = sa.table("executions", sa.column("id"), sa.column("body"), sa.column("outside"))
    # A few at most: a word for finding them, and the body for knowing.
    query = sa.select(executions.c.id, executions.c.body).where(executions.c.body.contains('"outside":true'))
    outside = [one.id for one in op.get_bind().execute(query) if json.loads(one.body).get("outside")]
    for one in outside:
        op.execute(sa.update(executions).where(executions.c.id == one).values(outside=sa.true()))
