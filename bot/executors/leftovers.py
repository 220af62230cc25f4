"""Finds and kills processes that have lost whoever would have killed them, by their group and by the marker in their environment.

A process id alone proves nothing, since ids are used again; so each is held by a descriptor while its marker is checked, and
killed through that descriptor. What is below such a process goes with it, whatever it has done to its own environment.
"""

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from bot.executors.descendants import GIVE_UP, descendants
from bot.executors.groups import kill_groups
from bot.executors.spawn import MARKER, groups_of

_PROC = Path("/proc")


def kill_abandoned(folders: Mapping[str, str], marker: str) -> None:
    """Kill all that is in the groups of supervisors that have died, however fast it forks."""
    began = time.monotonic()
    while kill_groups(dict(folders), groups_of(marker), abandoned=True) and time.monotonic() - began < GIVE_UP:
        time.sleep(0.002)


def kill_marked(marker: str, *, whole: bool = False) -> int:
    """Kill every process whose marker begins so (or is so), and all below it, until none is found.

    Returns how many would not die.
    """
    prefix = b"\0" + os.fsencode(f"{MARKER}={marker}") + (b"\0" if whole else b"")
    began = time.monotonic()
    while found := _marked(prefix):
        if time.monotonic() - began > GIVE_UP:
            return len(found)
        for pid in found:
            below = descendants(pid)
            _kill(pid, prefix)
            for child in below:
                _kill(child, b"")
        time.sleep(0.002)
    return 0


def _marked(prefix: bytes) -> list[int]:
    own = os.getpid()
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid != own and _carries(pid, prefix)]


def _carries(pid: int, prefix: bytes) -> bool:
    """A process that has ended, and one of another user, has no environment to read."""
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return prefix in b"\0" + environment


def _kill(pid: int, prefix: bytes) -> None:
    with contextlib.suppress(OSError):
        held = os.pidfd_open(pid)
        try:
            if not prefix or _carries(pid, prefix):
                signal.pidfd_send_signal(held, signal.SIGKILL)
        finally:
            os.close(held)
