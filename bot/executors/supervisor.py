"""A supervisor: starts a job, kills it when told, tells the bot how it ended, and takes the next. Runs below the keeper only.

The bot sends the length of an order with the pipe for the job's output, then the order. Back goes one line:
`ended <exit status> <peak KiB> <processes that could not be killed> [<what it wanted too much of>]` or `failed <errno> <step>`.
When the bot closes its half of the socket the job is asked to end, then killed; when it closes the whole socket the job is killed
at once, as it is when it wants more than its group may have. In all these cases, and when something would not die, there is no next job.
"""
# ruff: noqa: PTH123  pathlib would weigh more than all of this

from __future__ import annotations

import contextlib
import marshal
import os
import select
import signal
import socket
import time

from bot.executors.descendants import ask_descendants_to_end, kill_descendants, reap
from bot.executors.groups import Group

TYPE_CHECKING = False  # typing itself would be a tenth of what this process weighs
if TYPE_CHECKING:
    from resource import struct_rusage
    from typing import Any

LENGTH = 8
"""Bytes of the number in front of an order: how long it is."""

_DEFAULT_SIGNALS = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGCHLD,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)

_LOOK = 0.25
"""Seconds between two looks at whether the group has refused anything. Of a file of a few bytes: not every kernel's v1 tells by itself."""

_OOM_SCORE = "/proc/self/oom_score_adj"
_FIRST = "1000"
"""What of all is killed when memory runs out, the machine's, the container's or the group's: the job, neither the bot nor the one that could tell of it. It is the most
that can be said: half of it spares the bot only where that has less than half of what there is, which in a small container it has not."""


class Supervisor:
    """All of a process that is the subreaper of what it starts; never has two jobs at a time. `group` is where it lives."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._own_score = _oom_score()
        self._no_group = 0
        try:
            group.enter()
        except OSError as error:
            self._no_group = error.errno or -1
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self, bot: socket.socket) -> None:
        self._bot = bot
        while (order := self._receive()) is not None:
            self._status: int | None = None
            self._peak = 0
            self._ended_all = False
            if not self._supervise(order):
                return
            os.chdir("/")

    def _supervise(self, order: dict[str, Any]) -> bool:
        """Whether nothing is left, so that there may be a next job."""
        started = self._start(order)
        os.close(self._output)
        if not started:
            return not self._no_group
        over = self._attend(order["grace"])
        left = 0 if self._ended_all else kill_descendants(self._count, self._group.kill)
        self._group.allow()
        status = -signal.SIGKILL if self._status is None else self._status
        self._tell(f"ended {status} {self._peak} {left} {over or (self._group.over() if status else '')}".rstrip())
        return not left

    def _receive(self) -> dict[str, Any] | None:
        """The order; None when the bot changed its mind, or is gone, before it had told all."""
        try:
            length, descriptors, _, _ = socket.recv_fds(self._bot, LENGTH, 1)
            if not descriptors:
                return None
            self._output = descriptors[0]
            os.set_inheritable(self._output, False)
            body = self._read(int.from_bytes(length, "big"))
        except OSError:
            return None
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
        if self._no_group:
            self._tell(f"failed {self._no_group} limits")
            return False
        self._group.begin()
        step = "workdir"
        try:
            os.chdir(order["workdir"])
            step = "program"
            _set_oom_score(_FIRST)
            self._main = os.posix_spawn(
                order["program"],
                order["arguments"],
                order["env"],
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, self._output, 1),
                    (os.POSIX_SPAWN_DUP2, self._output, 2),
                ],
                setsid=True,
                setsigdef=_DEFAULT_SIGNALS,
                setsigmask=(),
            )
        except (OSError, ValueError) as error:  # a ValueError for what no program can be given, such as a zero byte
            self._tell(f"failed {getattr(error, 'errno', 0)} {step}")
            return False
        finally:
            _set_oom_score(self._own_score)
        return True

    def _attend(self, grace: float) -> str:
        """Wait for the job's first process to end; asked to kill, for all of it to end, as long as the grace lasts.

        What the group refuses ends the wait, too, and comes back.
        """
        poller = select.poll()
        poller.register(self._woken, select.POLLIN)
        poller.register(self._bot, select.POLLRDHUP)
        deadline: float | None = None
        look = time.monotonic() + _LOOK
        while not self._ended_all and (self._status is None or deadline is not None):
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                return ""
            if now >= look:
                if over := self._group.over():
                    return over
                look = now + _LOOK
            next_look = look if self._group.limited else None
            for descriptor, happened in poller.poll(_until(now, deadline, next_look)):
                if descriptor == self._woken:
                    os.read(self._woken, 4096)
                elif happened & select.POLLHUP:
                    return ""  # the bot is gone
                elif deadline is None:
                    deadline = time.monotonic() + grace
                    poller.modify(self._bot, 0)  # POLLHUP is told all the same
                    ask_descendants_to_end()
            self._ended_all = reap(self._count)
        return ""

    def _count(self, ended: tuple[int, int, struct_rusage]) -> None:
        pid, status, usage = ended
        self._peak = max(self._peak, usage.ru_maxrss)
        if pid == self._main:
            self._status = os.waitstatus_to_exitcode(status)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the bot is gone, and with it whoever wanted to know
            self._bot.sendall(line.encode())


def _until(now: float, *times: float | None) -> float | None:
    """Milliseconds for `poll` until the first of these; None is for ever."""
    given = [each for each in times if each is not None]
    return max(0.0, min(given) - now) * 1000 + 1 if given else None


def _oom_score() -> str:
    with contextlib.suppress(OSError), open(_OOM_SCORE, encoding="ascii") as file:
        return file.read().strip()
    return "0"


def _set_oom_score(score: str) -> None:
    with contextlib.suppress(OSError), open(_OOM_SCORE, "w", encoding="ascii") as file:
        file.write(score)
