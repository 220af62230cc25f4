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
"""Seconds of killing without avail after which processes that do not die (stuck in the kernel, or another user's) are left."""

_AT_MOST = 60.0
"""Seconds of killing after which they are left even though some do die: others are born as fast."""


def ask_descendants_to_end() -> None:
    for pid in descendants(os.getpid()):
        _signal(pid, signal.SIGTERM)
        _signal(pid, signal.SIGCONT)  # a stopped process would not hear the first


def kill_descendants(count: Count, kill_group: Callable[[], bool] | None = None) -> int:
    """Kill and reap until nothing is left below this process, or too long without avail; how many would not die.

    `kill_group` kills all that it knows and says whether that was anybody: a cgroup knows better than whoever looks for each.
    Where it finds none, whole process groups come first: processes that do nothing but start others are faster than we, but a
    signal to their group reaches all of it at once, with whatever is being born.
    """
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    _set_priority(-20)  # among thousands that want to run
    try:
        return _kill_all(count, kill_group or (lambda: False))
    finally:
        _set_priority(usual)


def _kill_all(count: Count, kill_group: Callable[[], bool]) -> int:
    began = fruitful = time.monotonic()
    died = 0

    def counted(ended: tuple[int, int, struct_rusage]) -> None:
        nonlocal died
        died += 1
        count(ended)

    while not reap(counted):
        now = time.monotonic()
        if died:
            fruitful, died = now, 0
        if now - fruitful > GIVE_UP or now - began > _AT_MOST:
            return len(descendants(os.getpid()))
        if not kill_group():
            _kill(_family(os.getpid()))
        time.sleep(0.001)
    return 0


def _kill(alive: dict[int, int]) -> None:
    for group in set(alive.values()) - {
        os.getpgrp(),
        -1,
        0,
        1,
    }:  # -1: it is just ending; a signal to group 1 would go to everybody
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for pid in alive:
        _signal(pid, signal.SIGKILL)


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


def tasks_of_all() -> int:
    """How many processes and threads the machine has; very many, where it does not tell."""
    try:
        with open("/proc/loadavg", "rb") as file:
            return int(file.read().split()[3].partition(b"/")[2])
    except (OSError, ValueError, IndexError):
        return 1 << 30


def descendants(root: int) -> list[int]:
    """The living processes below one. Those born meanwhile are found the next time."""
    return list(_family(root))


def _family(root: int) -> dict[int, int]:
    """`descendants` and the process group of each, the nearest first."""
    groups: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent, group, *_ = file.read().rpartition(b")")[2].split(maxsplit=3)
            except OSError:
                continue
            if state != b"Z":
                groups[int(name)] = int(group)
                children.setdefault(int(parent), []).append(int(name))
    found: dict[int, int] = {}
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found.update((pid, groups[pid]) for pid in below)
        queue += below
    return found


def _set_priority(value: int) -> None:
    """Where that is allowed."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, value)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):  # ended meanwhile, or another user's
        os.kill(pid, number)
