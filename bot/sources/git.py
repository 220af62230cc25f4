"""Running git: argv lists, an environment built from nothing, output with bounds, no process left behind by a cancellation.

Processes are started and read in threads of a small pool: Python's own vfork is several times faster than uvloop's fork,
and both loops then behave alike. What git is asked to do, and what its complaints mean, is not said here.
"""

import asyncio
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

OUTPUT_LIMIT = 64 << 20
ERRORS_KEPT = 16 << 10
GRACE = 1.0
LOCAL_TIMEOUT = 600.0


class GitFailed(Exception):
    """Git ended with an error. The text holds what git wrote, for a log: `failures` makes a sentence of it."""

    def __init__(self, status: int, errors: str) -> None:
        super().__init__(f"git ended with status {status}: {errors.strip()[-500:]}")
        self.status = status
        self.errors = errors


class GitTimedOut(GitFailed):
    """Git did not finish in time and was killed."""


@dataclass(frozen=True, slots=True)
class Command:
    """One call of git. `environment` comes on top of the usual one; `inherited` are descriptors that it keeps open;
    `started` is told its process (and group) id.
    """

    arguments: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    inherited: Sequence[int] = ()
    started: Callable[[int], None] | None = None


class Git:
    """Git as a service of this process: at most `local` calls that only touch disks and `network` ones at a time, with this `environment`."""

    def __init__(self, environment: Mapping[str, str], local: int, network: int) -> None:
        self._environment = dict(environment)
        self._local = asyncio.Semaphore(local)
        self._network = asyncio.Semaphore(network)
        self._threads = ThreadPoolExecutor(local + network + 8, thread_name_prefix="git")

    async def run(self, directory: Path, *arguments: str) -> bytes:
        """Run git on local files; its output comes back. Raises GitFailed."""
        return await self.run_local(Command(arguments, directory))

    async def run_local(self, command: Command) -> bytes:
        async with self._local:
            return await self._run(self._complete(command), LOCAL_TIMEOUT)

    async def run_remote(self, command: Command, timeout: float) -> bytes:  # noqa: ASYNC109  the timeout ends a process
        """Run a git that talks to a host."""
        async with self._network:
            return await self._run(self._complete(command), timeout)

    def _complete(self, command: Command) -> Command:
        return replace(command, environment=self._environment | dict(command.environment))

    def start(self, directory: Path, *arguments: str) -> "subprocess.Popen[bytes]":
        """A git that is talked to through its pipes (blocks until it is started: call it in a thread)."""
        return _popen(
            Command(arguments, directory, self._environment), stdin=subprocess.PIPE, errors=subprocess.DEVNULL
        )

    async def in_thread(self, work: Callable[[], T], stop: Callable[[], None] = lambda: None) -> T:
        """Do blocking work off the loop. A cancellation calls `stop` and waits for the work to end."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(_hear)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            stop()
            await asyncio.wait({future}, timeout=GRACE)
            raise

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def _run(self, command: Command, timeout: float) -> bytes:  # noqa: ASYNC109  the timeout ends a process
        child = _Child(command)
        future = asyncio.get_running_loop().run_in_executor(self._threads, child.run)
        future.add_done_callback(_hear)
        try:
            done, _ = await asyncio.wait({future}, timeout=timeout)
            if not done:
                raise GitTimedOut(-signal.SIGKILL, f"git took longer than {timeout:g} seconds")
            return future.result()
        finally:
            if not future.done():
                await _end(child, future)


async def _end(child: "_Child", future: "asyncio.Future[bytes]") -> None:
    """SIGTERM first, for git then removes its lock files; SIGKILL when that is not heeded."""
    child.signal(signal.SIGTERM)
    await asyncio.wait({future}, timeout=GRACE)
    child.signal(signal.SIGKILL)
    await asyncio.wait({future}, timeout=GRACE)


def _hear(future: "asyncio.Future[T]") -> None:
    """Whoever is cancelled asks no more for the error, be it now or when a slow process has died: it is no surprise."""
    if not future.cancelled():
        future.exception()


class _Child:
    """One git process with its children, run in a thread and killed from another."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def run(self) -> bytes:
        with self._guard:
            if self._ended:
                raise GitFailed(-signal.SIGTERM, "cancelled before it was started")
            self._process = process = _popen(self._command, stdin=subprocess.DEVNULL, errors=subprocess.PIPE)
        with process:
            if self._command.started is not None:
                self._command.started(process.pid)
            output, errors = self._drain(process)
            process.wait()
        with self._guard:
            self._ended = True
        if process.returncode:
            raise GitFailed(process.returncode, errors.decode("utf-8", "replace"))
        return output

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group, unless it has ended (its id could be another's by then)."""
        with self._guard:
            if self._process is not None and not self._ended:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
            elif self._process is None:
                self._ended = True

    def _drain(self, process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
        """Read both pipes to their ends. Standard error is the host's to fill, so only its last part is kept."""
        output, errors = bytearray(), bytearray()
        with selectors.DefaultSelector() as selector:
            for pipe, kept in ((process.stdout, output), (process.stderr, errors)):
                assert pipe is not None  # noqa: S101  both were asked for
                selector.register(pipe, selectors.EVENT_READ, kept)
            while selector.get_map():
                for key, _ in selector.select():
                    _take(selector, key)
                del errors[:-ERRORS_KEPT]
                if len(output) > OUTPUT_LIMIT:
                    self.signal(signal.SIGKILL)
                    raise GitFailed(-signal.SIGKILL, f"git wrote more than {OUTPUT_LIMIT} bytes")
        return bytes(output), bytes(errors)


def _take(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    data = os.read(key.fd, 1 << 16)
    if data:
        key.data.extend(data)
    else:
        selector.unregister(key.fileobj)


def _popen(command: Command, stdin: int, errors: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["git", *command.arguments],
        cwd=command.directory,
        env=dict(command.environment),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=errors,
        pass_fds=command.inherited,
        start_new_session=True,
    )
