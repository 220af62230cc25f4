"""The keeper: a small process of its own that starts jobs for the bot, and kills them all when the bot is gone.

It runs on an interpreter of its own, with the bot's control socket as its standard input and the limits of a job's processes
as its arguments. It, `supervisor` and `descendants` import nothing else of Penstock's and as little as they can of Python's:
what this process weighs is copied at each fork. Nothing that talks to people or decides belongs here.

Why jobs are not started by the bot itself:
- A process inherits the peak memory of the one that started it: below the bot every job would seem as large as the bot.
- Each job gets a supervisor here, to which the kernel hands every orphan below it (PR_SET_CHILD_SUBREAPER). Neither setsid
  nor a double fork escapes it, so all of a job can be found, killed and measured.
- The bot killed, its sockets close, and that is the order to kill.

How it goes: supervisors wait for jobs at the control socket, and one that has never had any is always among them, forked in
advance. The bot sends one message with two descriptors: the job's socket and the pipe for its output. Over the job's
socket comes what to run; back goes one line: `ended <exit status> <peak KiB> <processes that could not be killed>` or
`failed <errno> <step>`. When the bot closes its half of the socket the job is asked to end, then killed; when it closes
the whole socket the job is killed at once. A supervisor has one job at a time, and nothing of the last when it takes the
next. When the keeper dies before the bot its supervisors take no more jobs, but finish those that they have.
"""
# ruff: noqa: PTH123  pathlib would weigh more than all of this

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import socket
import sys
import time

from bot.executors.descendants import kill_descendants
from bot.executors.supervisor import Supervisor

IDLE = 60
"""Seconds without a job after which a supervisor goes; a burst has needed more of them than are needed now."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None).prctl


def main() -> None:
    """Hold one supervisor ready until the bot's end of the control socket closes; then leave nothing behind."""
    control = socket.socket(fileno=0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the kernel: they have told all
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # only the bot says when it is over
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
    keeper = os.getpid()
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
            woken = _prepare(keeper)
            _take_jobs(control, end, woken)
        finally:
            os._exit(0)


def _take_jobs(control: socket.socket, end: int, woken: int) -> None:
    first = True
    while True:
        try:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except BlockingIOError:
            if first:
                continue
            return  # idle for long enough
        except OSError:
            return  # the keeper is gone, and so is this socket
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


def _prepare(keeper: int) -> int:
    """All that can be done before a job comes. Returns the pipe through which the end of a child is heard."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _limit(sys.argv[1:])
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # With the keeper gone nobody would fork more of us, and a job could wait here for ever: the control socket is given up.
    signal.signal(signal.SIGTERM, lambda *_: os.dup2(1, 0))
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != keeper:
        os.dup2(1, 0)  # it died before that
    return woken


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
