"""How the database looks things up: no query of the store's goes through a whole table, however long the history gets."""

from collections.abc import Iterator
from itertools import product, starmap
from typing import Any

import pytest
import sqlalchemy as sa

from bot.ports import ExecutionFilter
from bot.stores import (
    caches,
    comments,
    definitions,
    deliveries,
    executions,
    kept_secrets,
    lanes,
    outbox,
    repositories,
    results,
    retention,
    sealing_keys,
    successes,
)
from bot.stores.statements import Statement

# Few rows are in one of these, or the whole is asked for: of executions once an hour, through the index of lanes alone (0.4 s for 100,000).
ALLOWED = {
    "kept_secrets._ALL",
    "repositories.CONNECTED",
    "repositories.LIST",
    "retention.OVER",
    "retention.SURPLUS",
    "retention.VERSION",
    "sealing_keys._ALL",
}
READS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (
        caches,
        comments,
        deliveries,
        definitions,
        executions,
        kept_secrets,
        lanes,
        outbox,
        repositories,
        results,
        retention,
        sealing_keys,
        successes,
    )
    for name, value in vars(module).items()
    if isinstance(value, Statement) and f"{module.__name__.rpartition('.')[2]}.{name}" not in ALLOWED
}
CHOICES = product(("", "a"), ("", "web"), ("", "heads/main"), ("", "c"), (False, True))


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    made = sa.create_engine(url)
    yield made
    made.dispose()


def plan(engine: sa.Engine, sql: str, arguments: tuple[Any, ...]) -> list[str]:
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", arguments)]


@pytest.mark.parametrize("name", READS)
def test_no_statement_scans_a_table(engine: sa.Engine, name: str) -> None:
    sql, names, _, _ = READS[name].compiled(engine.dialect)
    steps = plan(engine, sql, (None,) * len(names))
    assert [step for step in steps if step.startswith("SCAN")] == _through_an_index(steps)


def _through_an_index(steps: list[str]) -> list[str]:
    """Going through a partial index is going through its few rows only."""
    return [step for step in steps if step.startswith("SCAN") and "ix_deliveries_pending" in step]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("deliveries.PENDING", "ix_deliveries_pending"),
        ("executions.TELLER", "ix_executions_revision_sequence"),
        ("executions.HIGHEST", "sqlite_autoindex_executions_2"),
        ("executions.LANE", "ix_lanes_repository_ref"),
        ("lanes.LIVE_ONES", "ix_executions_live_lane"),
        ("executions.NUMBERED", "sqlite_autoindex_executions_2"),
        ("executions.BEGINNING", "sqlite_autoindex_executions_1"),
        ("successes.TARGETS", "ix_successes_lane_stage_definition_sequence"),
        ("outbox.PENDING", "ix_outbox_due_sequence"),
    ],
)
def test_a_statement_looks_up_by_what_the_fewest_rows_have(engine: sa.Engine, name: str, index: str) -> None:
    sql, names, _, _ = READS[name].compiled(engine.dialect)
    assert index in plan(engine, sql, (None,) * len(names))[0]


@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize("which", list(starmap(ExecutionFilter, CHOICES)), ids=str)
def test_a_page_is_looked_up_by_what_the_fewest_rows_have(
    engine: sa.Engine, which: ExecutionFilter, paged: bool
) -> None:
    whole_lane = which.repository and which.pipeline and which.ref
    query = executions.listing(which, [7] if which.repository else [], 5 if whole_lane else None).limit(50)
    compiled = (query.where(sa.text("sequence < 9")) if paged else query).compile(dialect=engine.dialect)
    (step,) = plan(engine, str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ()))
    index = expected(which)
    # With no filter, the newest rows are the last of the table: it is read from its end, and not beyond a page.
    assert (f"USING INDEX {index} " in f"{step} ") if index else ("INDEX ix" not in step)


@pytest.mark.parametrize(("ref", "live"), list(product(("", "heads/main"), (False, True))))
def test_what_succeeded_in_a_stage_is_looked_up_by_the_stage(engine: sa.Engine, ref: str, live: bool) -> None:
    which = ExecutionFilter("a", "web", ref, live=live, succeeded_in="prod")
    compiled = executions.listing(which, [7], 5 if ref else None).limit(50).compile(dialect=engine.dialect)
    steps = plan(engine, str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ()))
    assert "ix_successes_repository_pipeline_stage_sequence" in steps[0]
    assert "USING INDEX sqlite_autoindex_executions_1" in steps[1]
    assert not any("TEMP B-TREE" in step for step in steps)


def expected(which: ExecutionFilter) -> str:
    if which.commit:
        return "ix_executions_revision_sequence"
    if which.repository and which.pipeline and which.ref:
        return "ix_executions_live_lane" if which.live else "ix_executions_lane_sequence"
    if which.live:
        return "ix_executions_live"
    columns = [name for name in ("repository", "ref" if which.ref else "pipeline") if getattr(which, name)]
    return f"ix_executions_{'_'.join(columns)}_sequence" if columns else ""
