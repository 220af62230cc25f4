"""Processes that are hard to kill, and how a test sees that they are dead all the same."""

import os
import select
import sys
from pathlib import Path

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


def _ended(held: int, within: float) -> bool:
    poller = select.poll()
    poller.register(held, select.POLLIN)
    return bool(poller.poll(within * 1000))
