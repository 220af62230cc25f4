"""Every store under contract, and a copy of the empty database, which is cheaper than to make it again."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import Store
from bot.stores import schema
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from tests.stores.told import Told


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema: copying it is cheaper than making it again."""
    file = tmp_path_factory.mktemp("store") / "empty.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["memory", "sql"])
async def store(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    shutil.copy(migrated, tmp_path / "penstock.db")
    opened = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")
    yield opened
    await opened.close()


@pytest.fixture
def told(store: Store) -> Told:
    return Told(store)
