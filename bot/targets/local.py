"""This machine as a target: the agent as a process below the bot, which ends with it."""

import asyncio
import contextlib
import sys
from pathlib import Path

from bot.ports import TargetLost
from bot.targets.session import LONGEST_LINE

GRACE = 15.0
"""Seconds that an agent is given to kill its script; more than it needs for that."""


# As it lies beside this file, and so without being compiled for every target: that took longer than a small deployment.
_AGENT = "import sys; sys.path.append(sys.argv.pop(1)); from bot.targets.agent.main import main; main()"
_PACKAGES = str(Path(__file__).parents[2])


class LocalChannel:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def write(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  it was started so
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise TargetLost("the agent has ended") from None

    async def line(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  it was started so
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise TargetLost("the agent has ended")
        return line

    async def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def connect() -> LocalChannel:
    """Raises TargetLost."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", "-c", _AGENT, _PACKAGES),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/"},
            start_new_session=True,
            limit=LONGEST_LINE,
        )
    except OSError as error:
        raise TargetLost(f"the agent can't be started: {error.strerror}") from None
    return LocalChannel(process)
