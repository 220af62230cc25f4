"""The host's database: its history leads to what the queries expect, and nothing that should be secret is in it."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from providers.local.host.database import Database
from providers.local.host.errors import HostDatabaseNewer
from providers.local.host.schema import metadata
from providers.local.migrations import HEAD, upgrade
from tests.providers.local.conftest import Web


def test_the_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / '100%.db'}"
    upgrade(url)
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine.dispose()


def test_the_newest_version_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", "providers.local:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_newer_database_is_refused_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'host.db'}"
    upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(HostDatabaseNewer, match="newer version"):
        upgrade(url)


async def test_what_is_committed_is_on_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "host.db")
    await database.open()
    values = [await database.run(_pragma, name) for name in ("journal_mode", "synchronous", "foreign_keys")]
    await database.close()
    assert values == ["wal", 2, 1]


def _pragma(connection: Connection, name: str) -> object:
    return connection.execute(text(f"PRAGMA {name}")).scalar()


async def test_no_token_is_kept(web: Web) -> None:
    await web.listening.host.sign_in_link("ada")
    await web.listening.host.issue_token("ada")
    kept = b"".join(path.read_bytes() for path in (web.listening.folder / "data").rglob("*") if path.is_file())
    assert b"pst_" not in kept
    assert not any(token.encode() in kept for token in web.tokens.values())
