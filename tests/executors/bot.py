"""A process with an executor in it, for tests that kill it: runs a script as a job, and says so when the job's log says `ready`,
and how it ended."""

import asyncio
import sys
from pathlib import Path

from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Job
from tests.executors.conftest import ENV, GRACE, WallClock, printed


async def main(folder: Path, name: str, script: str) -> None:
    logs = LogFiles(folder / "logs")
    executor = LocalExecutor(folder / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
    await executor.start()
    running = asyncio.create_task(executor.run(Job(name, script, folder, ENV, log=name, timeout=60)))
    await printed(logs, b"ready", name)
    print("ready", flush=True)  # noqa: T201  what the test reads
    print((await running).end, flush=True)  # noqa: T201
    await executor.close()


asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:4]))
