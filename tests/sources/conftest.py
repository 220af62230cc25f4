"""Fixtures of the sources' tests: a host, sources that fetch from it, and names for new work trees."""

import copy
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.sources.git_host import Host, Origin, World, serve
from tests.sources.team import Team


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


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """As each test finds it; made once."""
    return Team(tmp_path_factory.mktemp("team"))


@pytest.fixture
def team(beginning: Team, host: Host) -> Team:
    shutil.copytree(beginning.host.root, host.root, dirs_exist_ok=True)
    team = copy.copy(beginning)
    team.host = host
    team.web, team.lib, team.core = (
        Origin(host.root / f"{name}.git") for name in ("acme/web", "acme/lib", "tools/core")
    )
    return team


@pytest.fixture
async def worlds(team: Team, tmp_path: Path) -> AsyncIterator[Callable[..., World]]:
    """A bot whose host lets ada read these, besides `acme/web`."""
    made: list[World] = []

    def make(*readable: str) -> World:
        made.append(team.world(tmp_path / f"mirrors-{len(made)}", *readable))
        return made[-1]

    yield make
    for world in made:
        await world.sources.close()
