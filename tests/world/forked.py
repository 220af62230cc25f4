"""`penstock` as a process of its own, forked off one that has it all loaded: to load it takes a second of the processor each time.

It is like one that was started in all but that: its own id, signals, environment, folder and streams. What is about starting,
about memory, or about Python's own settings needs a real start.
"""

import asyncio
import os
import runpy
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from bot.cli import COMMANDS

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, *{place.partition(":")[0] for place, _ in COMMANDS.values()}])


class Forked:
    """As much of `asyncio.subprocess.Process` as is needed."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self.returncode is not None
        return self.returncode

    async def communicate(self, given: bytes | None = None) -> tuple[bytes, bytes]:
        if self.stdin is not None:
            with suppress(ConnectionError):
                self.stdin.write(given or b"")
                await self.stdin.drain()
            self.stdin.close()
        out, err = await asyncio.gather(*(_all_of(stream) for stream in (self.stdout, self.stderr)))
        await self.wait()
        return out, err


async def _all_of(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


async def start(
    *words: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
    stderr: int = DEVNULL,
    start_new_session: bool = False,
    changed: Mapping[str, object] | None = None,
) -> Forked:
    """As `asyncio.create_subprocess_exec` with `python -m bot` before the words. `changed`: what it finds in its modules, by full names."""
    ours: list[int | None] = []
    theirs: list[int] = []
    for number, wanted in enumerate((stdin, stdout, stderr)):
        there, here = _stream(wanted, reads=number == 0)
        theirs.append(there)
        ours.append(here)
    handed = [_Handed(there) for there in theirs]
    process = _CONTEXT.Process(target=_run, args=(words, str(cwd), dict(env), handed, start_new_session, changed or {}))
    try:
        await asyncio.to_thread(process.start)  # the first one waits until all is loaded
    finally:
        for there, wanted in zip(theirs, (stdin, stdout, stderr), strict=True):
            if there != wanted:
                os.close(there)
    forked = Forked(process)
    forked.stdin = await _writer(ours[0])
    forked.stdout, forked.stderr = await _reader(ours[1]), await _reader(ours[2])
    return forked


def _stream(wanted: int, *, reads: bool) -> tuple[int, int | None]:
    """Their end, and ours if there is one."""
    if wanted == PIPE:
        out, into = os.pipe()
        return (out, into) if reads else (into, out)
    if wanted == DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    return wanted, None


async def _reader(descriptor: int | None) -> asyncio.StreamReader | None:
    if descriptor is None:
        return None
    reader = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def _writer(descriptor: int | None) -> asyncio.StreamWriter | None:
    if descriptor is None:
        return None
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(descriptor, "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe)
    return asyncio.StreamWriter(transport, protocol, None, loop)


class _Handed:
    """A descriptor that goes along to the process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __getstate__(self) -> Any:
        return DupFd(self.descriptor)

    def __setstate__(self, handed: Any) -> None:
        self.descriptor = handed.detach()


def _run(
    words: tuple[str, ...],
    folder: str,
    env: Mapping[str, str],
    streams: list[_Handed],
    new_session: bool,
    changed: Mapping[str, object],
) -> None:
    """In the new process: become what `python -m bot` with these words would be."""
    if new_session:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream.descriptor, number)
        os.close(stream.descriptor)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(folder)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  open to the end
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115  likewise
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115  likewise
    for place, value in changed.items():
        module, _, name = place.rpartition(".")
        setattr(import_module(module), name, value)
    sys.argv = ["bot", *words]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
