"""A process with an executor in it, for tests that kill it: runs the script it is given, and says in one line how that ended."""

import asyncio
import sys
from pathlib import Path

from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Job
from tests.executors.conftest import ENV, GRACE, WallClock


async def main(folder: Path, name: str, script: str) -> None:
    logs = LogFiles(folder / "logs")
    executor = LocalExecutor(folder / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
    await executor.start()
    result = await executor.run(Job(name, script, folder, ENV, log=name, timeout=60))
    print(result.end, flush=True)  # noqa: T201  what the test reads
    await executor.close()


asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:4]))
