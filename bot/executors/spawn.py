"""The bot's side of the keeper: it is started, handed jobs, started again when it died, and let go of."""

import contextlib
import fcntl
import marshal
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.executors.descendants import GIVE_UP
from bot.executors.limits import Limits
from bot.executors.supervisor import LENGTH

IDLE = 60.0
"""Seconds after which a line that no job has needed is closed, and its supervisor goes."""

MARKER = "PENSTOCK_JOB"
"""The environment variable by which processes that lost their supervisor are found."""

# Isolated, without site-packages: it finds the library and, behind it, the folder that Penstock's own package is in.
_KEEPER = "import sys; sys.path.append(sys.argv.pop(1)); from bot.executors.keeper import main; main()"
_PACKAGES = str(Path(__file__).parents[2])


@dataclass(frozen=True, slots=True)
class Order:
    """What a supervisor is to run. `grace` is the time in seconds between being asked to end and being killed."""

    program: str
    arguments: Sequence[str]
    workdir: str
    env: Mapping[str, str] = field(repr=False)
    grace: float

    def send(self, line: socket.socket, output: int) -> None:
        """Raises OSError."""
        body = marshal.dumps(
            {
                "program": self.program,
                "arguments": list(self.arguments),
                "workdir": self.workdir,
                "env": dict(self.env),
                "grace": self.grace,
            }
        )
        socket.send_fds(line, [len(body).to_bytes(LENGTH, "big")], [output])
        line.sendall(body)


class Keeper:
    """One keeper process, which carries the executor's marker, and the lines to its supervisors. Any thread may ask for one."""

    def __init__(self, marker: str, limits: Limits) -> None:
        self._marker = marker
        self.limits = limits
        self.folders: Mapping[str, str] = {}
        """Where groups of jobs are made, by controller; to be known before `start`."""
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: deque[tuple[float, socket.socket]] = deque()

    def start(self) -> None:
        """Raises OSError when the machine has no process left for it."""
        with self._lock:
            self._start()

    def line(self) -> socket.socket:
        """A line to a supervisor that has nothing to do: the one used last, or a new one. Raises OSError."""
        with self._lock:
            while self._idle:
                _, line = self._idle.pop()
                if not _cut(line):
                    return line
                line.close()
            try:
                return self._new_line()
            except OSError:
                self._end()
                self._start()
                return self._new_line()

    def give_back(self, line: socket.socket) -> None:
        """For the next job. Lines that no job has needed for a while are closed: a burst needed more than there is need for."""
        now = time.monotonic()
        with self._lock:
            self._idle.append((now, line))
            while self._idle[0][0] < now - IDLE:
                self._idle.popleft()[1].close()

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop()[1].close()
            self._end()

    def _new_line(self) -> socket.socket:
        if self._control is None or self._process is None or self._process.poll() is not None:
            raise ConnectionError("the keeper is not running")
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            socket.send_fds(self._control, [b"l"], [its.fileno()])
        except OSError:
            ours.close()
            raise
        finally:
            its.close()
        return ours

    def _start(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _KEEPER, _PACKAGES, *self._arguments()],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={MARKER: self._marker},
                start_new_session=True,  # Ctrl-C on a terminal is the bot's to answer
            )
        except OSError:
            ours.close()
            raise
        finally:
            its.close()
        self._control = ours

    def _arguments(self) -> list[str]:
        return [f"prefix={groups_of(self._marker)}", *self.limits.arguments(self.folders)]

    def _end(self) -> None:
        """The socket closed, the keeper kills what is left below it and goes."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(GIVE_UP + 1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def groups_of(marker: str) -> str:
    """What the names of an executor's groups begin with."""
    return f"penstock-{marker.rstrip('/')}-"


def _cut(line: socket.socket) -> bool:
    """Nothing is ever said on an idle line, so whatever happened on it, its supervisor has died."""
    poller = select.poll()
    poller.register(line, select.POLLIN)
    return bool(poller.poll(0))


def output_pipe(capacity: int) -> tuple[int, int]:
    """Ours, which never blocks, and the job's. As wide as the machine allows, so that a flood waits less often."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with contextlib.suppress(OSError):  # an unprivileged user may have only so many wide ones
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, capacity)
    return reading, writing
