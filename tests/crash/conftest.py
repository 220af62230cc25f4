"""The recording, made once; the data of a story, in memory, or in a database that is opened anew in each life; and the bot as a process."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.ports import Store
from bot.stores import schema
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from providers.local.host.host import Host
from tests.crash.lives import Kept
from tests.crash.recorded import Recording, record
from tests.crash.served import Served
from tests.world.local_host import SECRET, WallClock


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return asyncio.run(record(tmp_path_factory.mktemp("recording")))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "empty.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
async def host(recording: Recording, tmp_path: Path) -> AsyncIterator[Host]:
    await asyncio.to_thread(shutil.copytree, recording.folder, tmp_path / "data")
    host = Host(tmp_path / "data", WallClock(), SECRET, "http://host.test")
    await host.open()
    await host.database.run(_hurry)
    yield host
    await host.close()


class _Memory:
    def __init__(self) -> None:
        self._store = MemoryStore()

    async def open(self) -> Store:
        return self._store

    async def shut(self, store: Store) -> None: ...


class _Database:
    def __init__(self, file: Path) -> None:
        self._url = f"sqlite:///{file}"

    async def open(self) -> Store:
        return await SqlStore.open(self._url, upgrade=False, readers=1)

    async def shut(self, store: Store) -> None:
        await store.close()


@dataclass(frozen=True)
class Data:
    """`new` makes the data of one story in a folder. Stories are disturbed at each `step`-th write of theirs."""

    new: Callable[[Path], Kept]
    step: int


@pytest.fixture(params=["memory", "sql"])
def data(request: pytest.FixtureRequest, empty_database: Path) -> Data:
    def database(folder: Path) -> Kept:
        shutil.copy(empty_database, folder / "penstock.db")
        return _Database(folder / "penstock.db")

    return Data(lambda _folder: _Memory(), 1) if request.param == "memory" else Data(database, 9)


async def forget_the_bot(host: Host) -> None:
    """Whatever the bot has said on the host is gone."""
    await host.database.run(_forget)


def _hurry(connection: Connection) -> None:
    """The host does not die in these stories, so nothing of it need be on disk."""
    connection.exec_driver_sql("PRAGMA synchronous = OFF")


def _forget(connection: Connection) -> None:
    for statement in (
        "DELETE FROM reactions",
        "DELETE FROM statuses",
        "DELETE FROM comments WHERE author_id IN (SELECT id FROM users WHERE bot)",
    ):
        connection.exec_driver_sql(statement)


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[..., Served]]:
    made: list[Served] = []

    def new(**settings: str) -> Served:
        made.append(Served(tmp_path, **settings))
        return made[-1]

    yield new
    for one in made:
        await one.end()
