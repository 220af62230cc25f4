"""Which stages executions have succeeded in, so that what a stage can be rolled back to is found however old it is."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PAGE = 500


def upgrade() -> None:
    successes = op.create_table(
        "successes",
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("lane", _Sequence, nullable=False),
        sa.Column("repository", _Sequence, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lane"], ["lanes.lane"], name=op.f("fk_successes_lane")),
        sa.ForeignKeyConstraint(["repository"], ["repositories.repository"], name=op.f("fk_successes_repository")),
        sa.PrimaryKeyConstraint("execution", "stage", name=op.f("pk_successes")),
    )
    for page in _pages():
        rows = [row for one in page for row in _rows(one)]
        if rows:
            op.bulk_insert(successes, rows)
    order = ["lane", "stage", "definition", "sequence"]
    op.create_index(op.f("ix_successes_lane_stage_definition_sequence"), "successes", order, unique=False)
    order = ["repository", "pipeline", "stage", "sequence"]
    op.create_index(op.f("ix_successes_repository_pipeline_stage_sequence"), "successes", order, unique=False)


def _pages() -> Iterator[list[Any]]:
    names = ("sequence", "id", "lane", "repository", "pipeline", "body")
    executions = sa.table("executions", *(sa.column(name) for name in names))
    place = 0
    while True:
        query = sa.select(executions).where(executions.c.sequence > place).order_by(executions.c.sequence).limit(_PAGE)
        page = list(op.get_bind().execute(query))
        if not page:
            return
        yield page
        place = page[-1].sequence


def _rows(one: Any) -> Iterator[dict[str, Any]]:
    body = json.loads(one.body)
    definition = body["definition"] if body.get("type", "STANDARD") == "STANDARD" else ""
    for stage in body["stages"]:
        if stage.get("status") == "Succeeded":
            yield {
                "execution": one.id,
                "stage": stage["name"],
                "sequence": one.sequence,
                "lane": one.lane,
                "repository": one.repository,
                "pipeline": one.pipeline,
                "definition": definition,
            }
