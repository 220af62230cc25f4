"""The processes below one: found through /proc, asked to end, killed, reaped. Whose they are is not asked here."""
# ruff: noqa: PTH123, PTH208  pathlib would weigh more than all of this

from __future__ import annotations

import contextlib
import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage

    Count = Callable[[tuple[int, int, struct_rusage]], None]

GIVE_UP = 5.0
"""Seconds of killing after which processes that do not die (stuck in the kernel, or another user's) are left."""


def ask_descendants_to_end() -> None:
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
