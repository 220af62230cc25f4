"""A world on the embedded host, with real jobs: for what a build does there, which no other host would show differently."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.stores.memory import MemoryStore
from tests.world.host_local import LocalHost
from tests.world.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(LocalHost(), MemoryStore(), tmp_path, real_jobs=True) as made:
        yield made
