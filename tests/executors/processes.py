"""Processes that are hard to kill, and how a test sees that they are dead all the same."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.executors.groups import MEMBERS, kill_members, places, usable
from bot.executors.records import JobRecords
from bot.executors.spawn import MARKER

# Ignores SIGTERM, changes its session twice, has forgotten its environment, and its parents are dead.
_DAEMON = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
signal.pause()
"""


CHAINS = """
import os, time
for number in range(10):
    if not os.fork():
        while True:
            if os.fork(): os._exit(0)
            os.setsid()
print("ready", flush=True)
time.sleep(1000)
"""
"""Ten lines of processes that each start the next one and end: whoever has read of one comes too late for it."""


@contextlib.contextmanager
def walled(processes: int = 700) -> Iterator[None]:
    """This process, and all that it starts, in a group that the kernel lets have no more processes than that. What may fork without
    end is run nowhere else: it would take the machine with it, should it not be held. Skips the test where no such group can be made.
    """
    parent = usable(places()).get("pids", "")
    if not parent:
        pytest.skip(
            "no group of processes (cgroup) with a limit can be made here, and without one this would take the machine down"
        )
    group, home = Path(parent, f"penstock-test-{os.getpid()}"), Path(parent, "penstock")
    group.mkdir()
    try:
        (group / "pids.max").write_text(str(processes))
        (group / MEMBERS).write_text(str(os.getpid()))
        assert (group / "pids.max").read_text().strip() == str(processes)
        assert str(os.getpid()) in (group / MEMBERS).read_text().split()
        yield
    finally:
        ((home if home.exists() else Path(parent)) / MEMBERS).write_text(str(os.getpid()))
        (group / "pids.max").write_text("0")
        while kill_members({str(each) for each in (group, *group.iterdir()) if each.is_dir()}):
            pass
        for each in group.iterdir():
            if each.is_dir():
                each.rmdir()
        group.rmdir()


def python(program: str) -> str:
    """A script that runs it."""
    return f"{sys.executable} -I -S -c '{program}'"


def stubborn(folder: Path) -> str:
    """A script that starts some of each kind, says `ready` when they run, and does not end. Their ids go to `*.pid`."""
    program = folder / "daemon.py"
    program.write_text(_DAEMON)
    return f"""
trap '' TERM
echo $$ > {folder}/shell.pid
sh -c 'trap "" TERM; echo $$ > {folder}/child.pid; while :; do sleep 1000; done' &
setsid sh -c 'echo $$ > {folder}/session.pid; exec sleep 1000' &
env -i {sys.executable} -I -S {program} {folder}/daemon.pid
until test -s {folder}/shell.pid -a -s {folder}/child.pid -a -s {folder}/session.pid -a -s {folder}/daemon.pid
do sleep 0.01; done
echo ready
while :; do sleep 1000; done
"""


class Held:
    """Processes held by descriptors: their ids may be used again, these can't be mistaken."""

    def __init__(self, folder: Path) -> None:
        self.names = sorted(path.stem for path in folder.glob("*.pid"))
        self._held = [os.pidfd_open(int((folder / f"{name}.pid").read_text())) for name in self.names]

    def alive(self, within: float = 0.0) -> list[str]:
        """Those that have not ended, after waiting for it at most that long."""
        return [name for name, held in zip(self.names, self._held, strict=True) if not _ended(held, within)]

    def close(self) -> None:
        for held in self._held:
            os.close(held)


def left(jobs: Path, job: str = "e/build/unit/1") -> list[int]:
    """What lives of a job of the executor with that folder: all that has inherited its mark."""
    mark = f"{MARKER}={JobRecords(jobs).marker}{job}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def _ended(held: int, within: float) -> bool:
    poller = select.poll()
    poller.register(held, select.POLLIN)
    return bool(poller.poll(within * 1000))
