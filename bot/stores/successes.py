"""Which stages executions have succeeded in, as rows: written with each decision, read when somebody asks what to roll back to."""

from collections.abc import Iterator

import sqlalchemy as sa

from bot.model.execution import Execution, LaneKey, StageStatus
from bot.model.rollback import ExecutionType
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import executions, lanes, successes

PLACE = Statement(
    sa.select(executions.c.sequence, executions.c.lane, executions.c.repository).where(
        executions.c.id == sa.bindparam("wanted")
    )
)
TARGETS = Statement(
    sa.select(executions.c.body)
    .select_from(successes.join(executions, executions.c.id == successes.c.execution))
    .where(
        successes.c.lane == sa.select(lanes.c.lane).where(lanes.c.key == sa.bindparam("key")).scalar_subquery(),
        successes.c.stage == sa.bindparam("name"),
        successes.c.definition == sa.bindparam("digest"),
        successes.c.sequence < sa.bindparam("below"),
    )
    .order_by(successes.c.sequence.desc())
    .limit(sa.bindparam("most"))
)
_ADD = Statement(keep_first(successes))

_BEYOND_ALL = 2**62


def write(transaction: Transaction, execution: Execution, known: Execution | None) -> None:
    """Of an execution that has been written, the stages that it has succeeded in since it was as `known`."""
    fresh = list(_fresh(execution, known))
    if not fresh:
        return
    row = transaction.one(PLACE, wanted=execution.id)
    assert row is not None  # noqa: S101  it has been written
    for stage in fresh:
        transaction.run(
            _ADD,
            execution=execution.id,
            stage=stage,
            sequence=row[0],
            lane=row[1],
            repository=row[2],
            pipeline=execution.lane.pipeline,
            definition=execution.definition if execution.type is ExecutionType.STANDARD else "",
        )


def _fresh(execution: Execution, known: Execution | None) -> Iterator[str]:
    succeeded = StageStatus.SUCCEEDED
    before = known.stages if known is not None else (None,) * len(execution.stages)
    for run, old in zip(execution.stages, before, strict=True):
        if run is not old and run.status is succeeded and (old is None or old.status is not succeeded):
            yield run.name


def targets(
    transaction: Transaction, lane: LaneKey, stage: str, definition: str, limit: int, before: str
) -> list[Execution]:
    place = transaction.one(PLACE, wanted=before) if before else (_BEYOND_ALL,)
    if place is None:
        return []
    asked = {"key": lane.id, "name": stage, "digest": definition, "below": place[0], "most": limit}
    return [codec.EXECUTION.decode(body) for (body,) in transaction.all(TARGETS, **asked)]
