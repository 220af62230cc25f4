"""Programs: started in threads, read with bounds, none left behind. What they are asked to do is said elsewhere.

In threads, because Python's own vfork is some twenty times faster than uvloop's fork, and both loops then behave alike.
"""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TypeVar

T = TypeVar("T")

BUFFER = 1 << 17
SAID_LIMIT = 4096
THREADS = 16
GRACE = 10.0

Popen = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Completed:
    """`output` is one byte longer than the limit when there was more: the program was killed then."""

    output: bytes
    said: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Program:
    """A running program in a process group of its own, with its three streams."""

    processes: "Processes"
    process: Popen
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    reading: tuple[asyncio.ReadTransport, ...]

    def terminate(self) -> None:
        """SIGTERM: Git removes its lock files on that."""
        _signal(self.process, signal.SIGTERM)

    async def end(self) -> None:
        """Wait a little for what is ending, then make it. Afterwards nothing of it is left."""
        try:
            for number in (None, signal.SIGTERM, signal.SIGKILL):
                _signal(self.process, number)
                with suppress(subprocess.TimeoutExpired):
                    await self.processes.in_thread(lambda: self.process.wait(GRACE))
                    return
        finally:
            self.stdin.close()
            for transport in self.reading:
                transport.close()


class Processes:
    """The threads in which programs are started and short ones waited for."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="host-git")
        self._running: set[Popen] = set()

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def complete(
        self, command: Sequence[str], environment: Mapping[str, str], data: bytes, limit: int
    ) -> Completed:
        """Run a program that ends by itself. `data` fits a pipe. Cancelled, it still ends by itself, or with `close`."""
        return await self.in_thread(lambda: self._complete(command, environment, data, limit))

    async def start(
        self, command: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int]
    ) -> Program:
        """Run a program that is talked to; whoever starts it calls `end`."""
        process = await self.in_thread(lambda: _popen(command, environment, descriptors))
        assert process.stdin is not None  # noqa: S101  all three are pipes
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        stdout, out = await _reader(process.stdout)
        stderr, err = await _reader(process.stderr)
        return Program(self, process, await _writer(process.stdin), stdout, stderr, (out, err))

    async def close(self) -> None:
        for process in list(self._running):
            _signal(process, signal.SIGTERM)
        await asyncio.to_thread(self._threads.shutdown, wait=True)

    def _complete(self, command: Sequence[str], environment: Mapping[str, str], data: bytes, limit: int) -> Completed:
        with tempfile.TemporaryFile() as said, _popen(command, environment, (), said) as process:
            self._running.add(process)
            try:
                assert process.stdin is not None  # noqa: S101  both are pipes
                assert process.stdout is not None  # noqa: S101
                with suppress(BrokenPipeError):
                    process.stdin.write(data)
                    process.stdin.close()
                output = process.stdout.read(limit + 1)
                if len(output) > limit:
                    process.kill()
                status = process.wait()
            finally:
                self._running.discard(process)
            said.seek(0)
            return Completed(output, said.read(SAID_LIMIT), status)


def _popen(
    command: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int], said: IO[bytes] | int = -1
) -> Popen:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        env=environment,
        pass_fds=descriptors,
        start_new_session=True,
    )


def _signal(process: Popen, number: signal.Signals | None) -> None:
    """To the whole group. A process that has been waited for is left alone: its id may be another's by now."""
    if number is not None and process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)


async def _reader(pipe: IO[bytes]) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(limit=BUFFER)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader, transport


async def _writer(pipe: IO[bytes]) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, protocol = await loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return asyncio.StreamWriter(transport, protocol, reader, loop)
