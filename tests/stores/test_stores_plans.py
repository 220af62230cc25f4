"""How the database looks things up: no query of the store's goes through a whole table, however long the history gets."""

from collections.abc import Iterator
from itertools import product, starmap
from typing import Any

import pytest
import sqlalchemy as sa

from bot.ports import ExecutionFilter
from bot.stores import definitions, deliveries, executions, lanes, outbox, repositories
from bot.stores.statements import Statement

# Few rows are in one of these, or the whole is asked for.
ALLOWED = {"repositories.LIST"}
READS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (deliveries, definitions, executions, lanes, outbox, repositories)
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


@pytest.mark.parametrize("before", [None, 1000])
@pytest.mark.parametrize("which", list(starmap(ExecutionFilter, CHOICES)), ids=str)
def test_no_page_scans_or_sorts(engine: sa.Engine, which: ExecutionFilter, before: int | None) -> None:
    query = executions.listing(which, [7] if which.repository else [], 50, before)
    compiled = query.compile(dialect=engine.dialect)
    steps = plan(engine, str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ()))
    assert not any("TEMP B-TREE" in step for step in steps), steps
    if which.live:
        assert all("ix_executions_live" in step for step in steps), steps
    elif which != ExecutionFilter():
        assert all(step.startswith("SEARCH") and "USING INDEX" in step for step in steps), steps
    # With no filter, the newest rows are the last of the table: it is read from its end, and not beyond a page.
