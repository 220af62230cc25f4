"""Fixtures of the sources' tests: a host, sources that fetch from it, and names for new work trees."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.sources.git_host import Host, World, serve


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    root = tmp_path / "host"
    root.mkdir()
    host = Host(root)
    async with AsyncExitStack() as stack:
        host.url = await serve(host.answer, stack)
        yield host
        if host.gate is not None:
            host.gate.set()


@pytest.fixture
async def world(host: Host, tmp_path: Path) -> AsyncIterator[World]:
    world = World(host, tmp_path / "mirrors")
    yield world
    await world.sources.close()


@pytest.fixture
def into(tmp_path: Path) -> Callable[[], Path]:
    """A new folder's name each time."""
    names = itertools.count()
    return lambda: tmp_path / f"tree-{next(names)}"
