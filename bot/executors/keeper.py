"""The keeper: a small process of its own that starts jobs for the bot, and kills them all when the bot is gone.

It runs as `python -I -S keeper.py <limits>` with the bot's control socket as its standard input, so it imports nothing of
Penstock's and as little as it can: what it weighs is copied at each fork. Nothing that talks to people or decides belongs here.

Why jobs are not started by the bot itself:
- A process inherits the peak memory of the one that started it: below the bot every job would seem as large as the bot.
- Each job gets a supervisor here, to which the kernel hands every orphan below it (PR_SET_CHILD_SUBREAPER). Neither setsid
  nor a double fork escapes it, so all of a job can be found, killed and measured.
- The bot killed, its sockets close, and that is the order to kill.

How it goes: supervisors wait for jobs at the control socket, and one that has never had any is always among them, forked in
advance. The bot sends one message with two descriptors: the job's socket and the pipe for its output. Over the job's
socket comes what to run; back goes one line: `ended <exit status> <peak KiB> <processes that could not be killed>` or
`failed <errno> <step>`. When the bot closes its half of the socket the job is asked to end, then killed; when it closes
the whole socket the job is killed at once. A supervisor has one job at a time, and nothing of the last when it takes the next.
"""
# ruff: noqa: PTH123, PTH208  pathlib would weigh more than all of this

from __future__ import annotations

import contextlib
import ctypes
import gc
import marshal
import os
import resource
import select
import signal
import socket
import sys
import time

TYPE_CHECKING = False  # typing itself would be a tenth of what this process weighs
if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage
    from typing import Any

    Count = Callable[[tuple[int, int, struct_rusage]], None]

LENGTH = 8
"""Bytes of the number in front of an order: how long it is."""

IDLE = 60
"""Seconds without a job after which a supervisor goes; a burst has needed more of them than are needed now."""

GIVE_UP = 5.0
"""Seconds of killing after which processes that do not die (stuck in the kernel, or another user's) are left."""

_PR_SET_CHILD_SUBREAPER = 36
_TO_DEFAULT = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGCHLD,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)
_prctl = ctypes.CDLL(None).prctl


def main() -> None:
    """Hold one supervisor ready until the bot's end of the control socket closes; then leave nothing behind."""
    control = socket.socket(fileno=0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the kernel: they have told all
    control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, IDLE.to_bytes(8, sys.byteorder) + bytes(8))
    gc.collect()
    gc.freeze()  # a collection after a fork would copy every page it looks at
    gone = False
    while not gone:
        line = _fork_supervisor(control)
        poller = select.poll()
        poller.register(line, 0)
        poller.register(control, 0)
        gone = any(descriptor == control.fileno() for descriptor, _ in poller.poll())
        os.close(line)
    kill_descendants(lambda _ended: None)


def _fork_supervisor(control: socket.socket) -> int:
    """A line that is cut when the supervisor has taken its first job, or died: another one is needed then.

    Tried until it works: a machine that is out of processes has some again later, and the bot's message waits.
    """
    line, end = os.pipe()
    while True:
        try:
            forked = os.fork()
        except OSError:
            time.sleep(0.05)
            continue
        if forked:
            os.close(end)
            return line
        try:
            _take_jobs(control, end)
        finally:
            os._exit(0)


def _take_jobs(control: socket.socket, end: int) -> None:
    """Prepare all that can be before a job comes; then one job after another."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _limit(sys.argv[1:])
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    first = True
    while True:
        try:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except BlockingIOError:
            if first:
                continue
            return  # idle for long enough
        if len(descriptors) != 2:  # noqa: PLR2004  the two of the module's docstring
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if first:
            os.close(end)
            first = False
        with socket.socket(fileno=descriptors[0]) as bot:
            left = Supervisor(bot, descriptors[1], woken).supervise()
        if left:
            return  # what would not die must not be taken for the next job's
        os.chdir("/")


class Supervisor:
    """Runs one job until nothing of it is left."""

    def __init__(self, bot: socket.socket, output: int, woken: int) -> None:
        self._bot = bot
        self._output = output
        self._woken = woken
        self._main = 0
        self._status: int | None = None
        self._peak = 0
        self._ended_all = False

    def supervise(self) -> int:
        """How many processes are left that would not die."""
        order = self._receive()
        started = order is not None and self._start(order)
        os.close(self._output)
        if order is None or not started:
            return 0
        self._attend(order["grace"])
        left = 0 if self._ended_all else kill_descendants(self._count)
        status = -signal.SIGKILL if self._status is None else self._status
        self._tell(f"ended {status} {self._peak} {left}")
        return left

    def _receive(self) -> dict[str, Any] | None:
        """The order; None when the bot changed its mind, or is gone, before it had told all."""
        length = self._read(LENGTH)
        body = self._read(int.from_bytes(length, "big")) if length else None
        return marshal.loads(body) if body else None  # noqa: S302  from our own bot, over a socket nobody else has

    def _read(self, count: int) -> bytes | None:
        data = bytearray()
        while len(data) < count:
            part = self._bot.recv(min(count - len(data), 1 << 20))
            if not part:
                return None
            data += part
        return bytes(data)

    def _start(self, order: dict[str, Any]) -> bool:
        step = "workdir"
        try:
            os.chdir(order["workdir"])
            step = "program"
            self._main = os.posix_spawn(
                order["program"],
                order["arguments"],
                order["env"],
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, 1, 0),  # /dev/null, over the control socket
                    (os.POSIX_SPAWN_DUP2, self._output, 1),
                    (os.POSIX_SPAWN_DUP2, self._output, 2),
                ],
                setsid=True,
                setsigdef=_TO_DEFAULT,
                setsigmask=(),
            )
        except (OSError, ValueError) as error:  # a ValueError for what no program can be given, such as a zero byte
            self._tell(f"failed {getattr(error, 'errno', 0)} {step}")
            return False
        return True

    def _attend(self, grace: float) -> None:
        """Wait for the job's first process to end; asked to kill, for all of it to end, as long as the grace lasts."""
        poller = select.poll()
        poller.register(self._woken, select.POLLIN)
        poller.register(self._bot, select.POLLRDHUP)
        deadline: float | None = None
        while not self._ended_all and (self._status is None or deadline is not None):
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            for descriptor, happened in poller.poll(None if left is None else left * 1000 + 1):
                if descriptor == self._woken:
                    os.read(self._woken, 4096)
                elif happened & select.POLLHUP:
                    return  # the bot is gone
                elif deadline is None:
                    deadline = time.monotonic() + grace
                    poller.modify(self._bot, 0)  # POLLHUP is told all the same
                    _ask_to_end()
            self._ended_all = reap(self._count)

    def _count(self, ended: tuple[int, int, struct_rusage]) -> None:
        pid, status, usage = ended
        self._peak = max(self._peak, usage.ru_maxrss)
        if pid == self._main:
            self._status = os.waitstatus_to_exitcode(status)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the bot is gone, and with it whoever wanted to know
            self._bot.sendall(line.encode())


def _limit(limits: list[str]) -> None:
    """No core files, and no more than given of the rest (`RLIMIT_NOFILE=65536`); a lower hard limit holds as it is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for limit in limits:
        name, _, value = limit.partition("=")
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        most = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(which, (most, most))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")  # a machine out of memory kills the job and not the bot


def _ask_to_end() -> None:
    for pid in descendants(os.getpid()):
        _signal(pid, signal.SIGTERM)
        _signal(pid, signal.SIGCONT)  # a stopped process would not hear the first


def kill_descendants(count: Count) -> int:
    """Kill and reap until nothing is left below this process, or for GIVE_UP seconds; how many would not die."""
    began = time.monotonic()
    while not reap(count):
        alive = descendants(os.getpid())
        if time.monotonic() - began > GIVE_UP:
            return len(alive)
        for pid in alive:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.001)
    return 0


def reap(count: Count) -> bool:
    """Take in every child that has ended, orphans too; whether none is left."""
    while True:
        try:
            ended = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if not ended[0]:
            return False
        count(ended)


def descendants(root: int) -> list[int]:
    """The living processes below one. Those born meanwhile are found the next time."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):  # ended meanwhile, or another user's
        os.kill(pid, number)


if __name__ == "__main__":
    main()
