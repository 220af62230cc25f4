"""The schema's versions: how a database gets to ours, and which are refused."""

import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.ports import StoreUnavailable
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
    schema,
    sealing_keys,
    successes,
)
from bot.stores.migrations import current, upgrade
from bot.stores.sql import SqlStore
from bot.stores.statements import Statement
from bot.stores.tables import metadata
from tests.stores.told import REPOSITORY, Told, lane_key

POSTGRESQL: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
STATEMENTS = {
    f"{module.__name__}.{name}": value
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
    if isinstance(value, Statement)
}


def test_a_new_database_is_brought_to_the_newest_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert current(url) == ""
    assert upgrade(url)
    assert current(url) == schema.HEAD
    assert not upgrade(url)


def test_the_version_we_name_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(schema._config()).get_heads() == [schema.HEAD]


def test_the_migrations_lead_to_the_tables_that_the_statements_use(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        made = {row.name: str(row.sql) for row in rows}
    engine.dispose()
    for table in metadata.tables.values():
        for index in table.indexes:
            assert _words(made[str(index.name)]) == _words(str(CreateIndex(index).compile(dialect=engine.dialect)))
        for option in ("AUTOINCREMENT", "WITHOUT ROWID"):
            assert (option in made[table.name]) == (
                option in str(CreateTable(table).compile(dialect=engine.dialect))
            ), table.name


def _words(sql: str) -> str:
    return " ".join(sql.replace('"', "").split())


async def test_opening_brings_the_schema_up_to_date_or_insists_on_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(schema.SchemaMismatch, match="penstock db upgrade"):
        await SqlStore.open(url, upgrade=False)
    await (await SqlStore.open(url)).close()
    await (await SqlStore.open(url, upgrade=False)).close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for attempt in (schema.upgrade, schema.check):
        with pytest.raises(schema.SchemaMismatch, match="newer"):
            attempt(url)
    with pytest.raises(StoreUnavailable, match="9999"):
        await SqlStore.open(url)
    assert current(url) == "9999"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sqlite://", "memory"),
        ("sqlite:///:memory:", "memory"),
        ("nonsense", "not one"),
        ("postgresql://ada:5ecret@db/penstock", "not available yet"),
        ("sqlite:////nowhere/at/all/penstock.db", "unable to open"),
    ],
)
async def test_an_address_that_is_no_use_is_refused_kindly(address: str, says: str) -> None:
    with pytest.raises(StoreUnavailable, match=says) as caught:
        await SqlStore.open(address)
    assert "5ecret" not in str(caught.value)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "penstock.db").write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_the_same_for_postgresql(name: str) -> None:
    """So that the second database needs another address, not another store."""
    sql, names, _, _ = STATEMENTS[name].compiled(POSTGRESQL)
    assert all(f"%({parameter})s" in sql for parameter in names)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_a_table_can_be_made_on_postgresql(table: sa.Table) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=POSTGRESQL))


def _bring(engine: sa.Engine, version: str) -> None:
    """To that version and no further: what later ones make is there already."""
    config = schema._config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


async def test_what_succeeded_before_it_was_noted_is_noted_with_the_migration(url: str) -> None:
    store = await SqlStore.open(url)
    told = Told(store)
    lane = lane_key()
    for turn in range(3):
        started = await told.start(lane)
        await told.finish(lane, started.id, "build", ok=turn != 1)
    await store.close()
    engine = sa.create_engine(url)
    rows = sa.text("SELECT * FROM successes ORDER BY sequence")
    with engine.begin() as connection:
        before = connection.execute(rows).all()
        connection.execute(sa.text("DROP TABLE successes"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0006'"))
    assert len(before) == 2
    _bring(engine, "0007")
    with engine.connect() as connection:
        assert connection.execute(rows).all() == before
    engine.dispose()


async def test_what_came_from_outside_before_it_was_noted_is_noted_with_the_migration(url: str) -> None:
    store = await SqlStore.open(url)
    told = Told(store)
    outside = await told.start(lane_key(), revision="c" * 40, outside=True)
    await told.start(lane_key(), revision='"outside":true')
    await store.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE executions DROP COLUMN outside"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0008'"))
    _bring(engine, "0009")
    with engine.connect() as connection:
        noted = connection.execute(sa.text("SELECT id FROM executions WHERE outside")).all()
        assert [row.id for row in noted] == [outside.id]
    engine.dispose()


async def test_comments_from_before_they_ended_are_of_what_their_names_say_and_begin_to_age(url: str) -> None:
    store = await SqlStore.open(url)
    threads = (Thread(ThreadKind.PULL_REQUEST, "3"), Thread(ThreadKind.COMMIT, "c" * 40))
    for thread in threads:
        await store.take_comment(CommentRef(REPOSITORY, thread, "55"), "github:1", 5.0)
    await store.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_comments_at"))
        for column in ("repository", "thread", "at"):
            connection.execute(sa.text(f"ALTER TABLE comments DROP COLUMN {column}"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0016'"))
    began = time.time()
    _bring(engine, "0017")
    with engine.connect() as connection:
        noted = connection.execute(sa.text("SELECT repository, thread, at FROM comments ORDER BY thread")).all()
    engine.dispose()
    assert [(row.repository, row.thread) for row in noted] == [(REPOSITORY.id, "c" * 40), (REPOSITORY.id, "pull/3")]
    assert all(row.at >= began for row in noted)
