"""This machine as a target: agents as processes below the bot, which end with it.

All are forked from one process that has their program ready: an interpreter's beginning takes longer than a small deployment.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.ports import TargetLost
from bot.targets.session import LONGEST_LINE

GRACE = 15.0
"""Seconds that an agent is given to kill its script; more than it needs for that."""

_FORKING = "import sys; sys.path.append(sys.argv.pop(1)); from bot.targets.forking import main; main()"
_PACKAGES = str(Path(__file__).parents[2])


class LocalChannel:
    """`ended` is a pipe that ends with the agent, whose process is `pid`. `gone` is called once it has."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pid: int,
        ended: int,
        gone: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._pid = pid
        self._end = ended
        self._gone = gone

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            raise TargetLost("the agent has ended") from None

    async def line(self) -> bytes:
        try:
            line = await self._reader.readline()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            raise TargetLost("the agent has ended")
        return line

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.write_eof()
        try:
            await asyncio.wait_for(_ended(self._end), GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)  # it has not ended, so this is no other's number
            await _ended(self._end)
        finally:
            os.close(self._end)
            self._writer.close()
            await self._gone()


class LocalAgents:
    """The process that forks begins with the first agent, and ends with the last one that is open."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._open = 0
        self._forking: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    async def connect(self) -> LocalChannel:
        """Raises TargetLost."""
        async with self._turn:
            forking = asyncio.ensure_future(asyncio.to_thread(self._fork))
            try:
                connection, pid, ended = await asyncio.shield(forking)
            except asyncio.CancelledError:
                with contextlib.suppress(OSError):
                    connection, _, ended = await forking
                    connection.close()
                    os.close(ended)
                await self._end_unless_needed()
                raise
            except OSError as error:
                await self._end_unless_needed()
                raise TargetLost(f"the agent can't be started: {error.strerror or error}") from None
            self._open += 1
        try:
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
        except BaseException:
            connection.close()
            os.close(ended)
            await self._closed()
            raise
        return LocalChannel(reader, writer, pid, ended, self._closed)

    async def _closed(self) -> None:
        async with self._turn:
            self._open -= 1
            await self._end_unless_needed()

    async def _end_unless_needed(self) -> None:
        if not self._open:
            await asyncio.to_thread(self._end)

    def _fork(self) -> tuple[socket.socket, int, int]:
        """Whoever killed the process that forks has another one started. Raises OSError."""
        if self._forking is not None and self._forking[0].poll() is not None:
            self._end()
        if self._forking is None:
            self._forking = _begin()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._forking[1], [b"a"], [theirs.fileno()])
                pid, handles, _, _ = socket.recv_fds(self._forking[1], 20, 1)
            except OSError:
                ours.close()
                raise
        if not handles:
            ours.close()
            raise OSError("it has ended at once")
        return ours, int(pid), handles[0]

    def _end(self) -> None:
        if self._forking is not None:
            process, control = self._forking
            self._forking = None
            control.close()
            process.wait()


def _begin() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _FORKING, _PACKAGES],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/"},
                start_new_session=True,
            )
    except OSError:
        ours.close()
        raise
    return process, ours


async def _ended(pipe: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(pipe)
