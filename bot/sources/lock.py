"""One writer a mirror, across processes: a lock that git's own processes inherit, so that it outlives a killed bot.

Whoever takes it knows that nobody writes: what a killed fetch left behind may then be swept away.
"""

import fcntl
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

PATIENCE = 5.0
DYING = 60.0
"""A killed process may be slow to die, on a busy machine or a slow disk: that must not fail the fetch of another caller."""
POLL = 0.02


class LockHeld(Exception):
    """Another process writes to the mirror and does not end."""


class MirrorLock:
    """Held from construction to `close`. Blocks for a while: it is taken in a thread."""

    def __init__(self, file: Path, stop: threading.Event) -> None:
        self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(stop)
            os.ftruncate(self.descriptor, 0)
        except BaseException:
            self.close()
            raise

    def _take(self, stop: threading.Event) -> None:
        """Give a writer time to end; then kill the fetch that nobody waits for any more: its bot died, or its callers left."""
        if self._taken_within(PATIENCE, stop):
            return
        killed = self._kill_writer()
        if not self._taken_within(DYING if killed else PATIENCE, stop):
            raise LockHeld("another process is fetching into the mirror and does not end")

    def _taken_within(self, seconds: float, stop: threading.Event) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop.is_set():
            with suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            stop.wait(POLL)
        return False

    def _kill_writer(self) -> bool:
        """The group that is written down holds the lock still: a new holder would have emptied the file."""
        written = os.pread(self.descriptor, 32, 0)
        if not written.isdigit() or int(written) <= 1:
            return False
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(int(written), signal.SIGKILL)
            return True
        return False

    def note_writer(self, group: int) -> None:
        os.pwrite(self.descriptor, str(group).encode(), 0)

    def close(self) -> None:
        """Let go; once is enough, twice does no harm."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def sweep(git_dir: Path) -> None:
    """Remove what killed writers left: lock files, half packs, marks that keep a pack from being packed anew.

    Only while holding the lock.
    """
    for pattern in (
        "*.lock",
        "refs/**/*.lock",
        "objects/pack/tmp_*",
        "objects/pack/*.keep",
        "objects/*/tmp_obj_*",
        "shallow_*",
    ):
        for file in git_dir.glob(pattern):
            file.unlink(missing_ok=True)
