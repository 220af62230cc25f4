"""The keeper: a small process of its own that starts jobs for the bot, and kills them all when the bot is gone.

It runs on an interpreter of its own, with the bot's control socket as its standard input and the limits of jobs as its
arguments (`_Limits`). It, `supervisor`, `groups` and `descendants` import nothing else of Penstock's and as little as they can of
Python's: what this process weighs is copied at each fork. Nothing that talks to people or decides belongs here.

Why jobs are not started by the bot itself:
- A process inherits the peak memory of the one that started it: below the bot every job would seem as large as the bot.
- Each job gets a supervisor here, to which the kernel hands every orphan below it (PR_SET_CHILD_SUBREAPER). Neither setsid
  nor a double fork escapes it, so all of a job can be found, killed and measured.
- The bot killed, its sockets close, and that is the order to kill.

How it goes: one supervisor that has never had a job is always ready, forked in advance, and waits at the control socket. The
bot sends it a socket, which from then on is the bot's line to that supervisor, for one job after another: the bot uses
again the line that it used last, and asks for another only when all are busy. What is said over it is in `supervisor`.
When the keeper dies before the bot, the supervisors that have lines live on until the bot closes those.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import socket
import sys
import time

from bot.executors.descendants import GIVE_UP, kill_descendants, tasks_of_all
from bot.executors.groups import Group, kill_groups, remove_empty
from bot.executors.supervisor import Supervisor

_PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None).prctl


def main() -> None:
    """Hold one supervisor ready until the bot's end of the control socket closes; then leave nothing behind."""
    control = socket.socket(fileno=0)
    limits = _Limits(sys.argv[1:])
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the kernel: they have told all
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # only the bot says when it is over
    gc.collect()
    gc.freeze()  # a collection after a fork would copy every page it looks at
    gone = False
    while not gone:
        remove_empty(limits.folders, limits.prefix)
        thread = _fork_supervisor(control, limits)
        poller = select.poll()
        poller.register(thread, 0)
        poller.register(control, 0)
        gone = any(descriptor == control.fileno() for descriptor, _ in poller.poll())
        os.close(thread)
    _end(limits)


def _end(limits: _Limits) -> None:
    until = time.monotonic() + GIVE_UP
    while kill_groups(limits.folders, limits.prefix) and time.monotonic() < until:
        time.sleep(0.001)
    kill_descendants(lambda _ended: None)
    remove_empty(limits.folders, limits.prefix)


def _fork_supervisor(control: socket.socket, limits: _Limits) -> int:
    """A thread that is cut when the supervisor has been given a line, or has died: another one is needed then.

    Tried until it works: a machine that is out of processes has some again later, and the bot's message waits.
    """
    thread, end = os.pipe()
    while True:
        try:
            forked = os.fork()
        except OSError:
            time.sleep(0.05)
            continue
        if forked:
            os.close(end)
            return thread
        try:
            _become_supervisor(control, end, limits)
        finally:
            os._exit(0)


def _become_supervisor(control: socket.socket, end: int, limits: _Limits) -> None:
    """All that can be done before a job comes is done before."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    limits.apply()
    supervisor = Supervisor(Group(limits.folders, limits.prefix, limits.of_groups))
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if not descriptors:
        return
    os.close(end)
    os.dup2(1, control.detach())  # which is 0: /dev/null becomes the standard input, the jobs' too
    os.set_inheritable(descriptors[0], False)
    supervisor.serve(socket.socket(fileno=descriptors[0]))


class _Limits:
    """From the arguments: `RLIMIT_NOFILE=65536` is for each process; `pids.max=4096` for all of a job, in a group that is made in
    the folder `pids.in=/sys/fs/cgroup/pids`; `prefix=` is what the names of those groups begin with.
    """

    def __init__(self, arguments: list[str]) -> None:
        given = dict(each.split("=", 1) for each in arguments)
        self.prefix = given.pop("prefix")
        self.folders = {name[:-3]: given[name] for name in given if name.endswith(".in")}
        self.of_groups = {name[:-4]: int(given[name]) for name in given if name.endswith(".max")}
        self._of_each = {name: int(value) for name, value in given.items() if name.startswith("RLIMIT_")}

    def apply(self) -> None:
        """To this process: no core files, and no more than given of the rest; a lower hard limit holds as it is."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name, given in self._of_each.items():
            which = getattr(resource, name)
            _, hard = resource.getrlimit(which)
            # That of processes counts all of the user's, those too that are no job's.
            asked = given + tasks_of_all() if name == "RLIMIT_NPROC" else given
            most = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
            resource.setrlimit(which, (most, most))
