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
        """Give a writer time to end; then kill the fetch of a bot that died, which nobody waits for any more."""
        for last in (False, True):
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and not stop.is_set():
                with suppress(BlockingIOError):
                    fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                stop.wait(POLL)
            if not last:
                self._kill_writer()
        raise LockHeld("another process is fetching into the mirror and does not end")

    def _kill_writer(self) -> None:
        """The group that is written down holds the lock still: a new holder would have emptied the file."""
        written = os.pread(self.descriptor, 32, 0)
        if written.isdigit() and int(written) > 1:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(int(written), signal.SIGKILL)

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
