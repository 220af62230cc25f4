"""A local executor on real processes, with its logs, and jobs for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Job
from tests.world.patience import PATIENCE

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
GRACE = 0.1


class WallClock:
    def now(self) -> float:
        return time.time()


@pytest.fixture
def logs(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "logs")


@pytest.fixture
async def executor(tmp_path: Path, logs: LogFiles) -> AsyncIterator[LocalExecutor]:
    local = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
    await local.start()
    yield local
    await local.close()


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    def make(script: str, name: str = "e/build/unit/1", **fields: Any) -> Job:
        given: dict[str, Any] = {"workdir": tmp_path, "env": ENV, "log": name, "timeout": PATIENCE}
        return Job(id=name, script=script, **given | fields)

    return make


async def printed(logs: LogFiles, text: bytes, key: str = "e/build/unit/1") -> None:
    """Wait until the log has that text."""
    seen = b""
    while text not in seen:
        async for chunk in logs.follow(key):
            seen += chunk.data
            if text in seen:
                return
        await asyncio.sleep(0)  # the log is not open yet: nothing to follow
