"""What the SQL store's own tests share: a database that has the schema already."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.stores import schema
from bot.stores.sql import SqlStore


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema: copying it is cheaper than making it again."""
    file = tmp_path_factory.mktemp("store") / "empty.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def url(migrated: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'penstock.db')}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(url, busy_timeout=0.05)
    yield opened
    await opened.close()
