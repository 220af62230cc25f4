"""Every story is told on every host. What a host can't do is in `providers.features`; a story that needs it says so.

Of a story with a table, the first row is told on every host, and each further row on one of them, in turn, unless `--every-host` is asked for. The few that are
slow, and in which a host only delivers a push, are told `anywhere`. Those of the engine, in which a host delivers pushes and is told statuses as in
all others, are told on GitHub and one other, in turn, unless `--every-host` is asked for.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from providers.features import has
from tests.world.host import WorldHost
from tests.world.host_bitbucket import cloud_host, data_center_host
from tests.world.host_github import GitHubHost
from tests.world.host_gitlab import GitLabHost
from tests.world.host_local import LocalHost
from tests.world.world import MakeWorld, World


@dataclass(frozen=True)
class HostRow:
    """`make` makes the host. `faults`: it can be told to fail, which is the tests' own affair; all else is `providers.features`'."""

    make: Callable[[], WorldHost]
    faults: bool = True


HOSTS = {
    "bitbucket": HostRow(cloud_host),
    "bitbucket-dc": HostRow(data_center_host),
    "github": HostRow(GitHubHost),
    "gitlab": HostRow(GitLabHost),
    "local": HostRow(LocalHost, faults=False),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(feature): the story can only be told on hosts with that feature")
    config.addinivalue_line(
        "markers", "anywhere: the story is slow, and no host differs in it: it is told on the embedded one"
    )
    config.addinivalue_line("markers", "engine: hosts do no more in it than everywhere: it is told on two of them")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "host_name" in metafunc.fixturenames:
        metafunc.parametrize("host_name", _able(metafunc.definition))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rows: dict[str, list[str]] = {}
    items[:] = [item for item in items if "host_name" not in getattr(item, "fixturenames", ()) or _its_turn(item, rows)]


def _able(story: pytest.Item) -> list[str]:
    """The hosts that have what the story needs."""
    if story.get_closest_marker("anywhere"):
        return ["local"]
    needed = [mark.args[0] for mark in story.iter_markers("needs")]
    able = [name for name in HOSTS if all(_has(name, feature) for feature in needed)]
    if story.get_closest_marker("engine") and not story.config.getoption("every_host"):
        others = [name for name in able if name != "github"]
        able = [*("github",) * ("github" in able), others[crc32(story.name.partition("[")[0].encode()) % len(others)]]
    return able


def _has(host: str, feature: str) -> bool:
    return HOSTS[host].faults if feature == "faults" else has(host, feature).has


def _its_turn(item: pytest.Item, rows: dict[str, list[str]]) -> bool:
    """`rows`: those that were met so far of each story, which are many where it has a table."""
    story, _, case = item.nodeid.rstrip("]").partition("[")
    told_on = _able(item)
    host = next(name for name in sorted(told_on, reverse=True) if case == name or case.startswith(f"{name}-"))
    met = rows.setdefault(story, [])
    row = case.removeprefix(host)
    if row not in met:
        met.append(row)
    turn = met.index(row)
    return turn == 0 or turn % len(told_on) == told_on.index(host) or bool(item.config.getoption("every_host"))


@pytest.fixture
def make_world(host_name: str, tmp_path: Path) -> MakeWorld:
    """For worlds out of the ordinary: with real jobs, on the SQL store."""

    @asynccontextmanager
    async def make(*, sql: bool = False, **how: Any) -> AsyncIterator[World]:
        async with AsyncExitStack() as stack:
            store = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}") if sql else MemoryStore()
            stack.push_async_callback(store.close)
            yield await stack.enter_async_context(World(HOSTS[host_name].make(), store, tmp_path, **how))

    return make


@pytest.fixture
async def world(make_world: MakeWorld) -> AsyncIterator[World]:
    async with make_world() as made:
        yield made


class SaidOnEveryHost(AmberSnapshotExtension):
    """One snapshot a story, whichever host tells it: what people read is the same everywhere, or is named for what differs."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        suffix = f".{index}" if isinstance(index, int) and index else f"[{index}]" if index else ""
        return f"{test_location.methodname}{suffix}"


@pytest.fixture
def said(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(SaidOnEveryHost)
