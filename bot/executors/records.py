"""What is remembered of jobs in the jobs folder: that one has begun, and how it ended. Nothing here runs or kills anything.

One file a job, since making one is what costs. It is the job's script, and its presence says "begun" before the process can
do anything. When the job has ended its result is appended as the last line, and only then is the file made read-only: a
writable one has no result, whatever its last line looks like.

Nothing is synced to the disk: the files have to outlive the bot, and the page cache does. Only a power cut can lose them,
and then no process has survived either: the job is run anew.
"""

import fcntl
import hashlib
import json
import os
import re
import stat
from pathlib import Path

from bot.ports import JobEnd, JobResult

_BEGUN = 0o600
_ENDED = 0o400


class JobsInUse(Exception):
    """Another executor works with this jobs folder: starting a second one would kill the first one's jobs."""


class JobRecords:
    """The jobs folder. Its absolute path names the executor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._lock: int | None = None

    def open(self) -> None:
        """Take possession of the folder, until `close` or the process's end. Raises JobsInUse."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise JobsInUse(f"another Penstock runs its jobs in {self._folder}") from None
        self._lock = lock

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def marker(self) -> str:
        """What the environment of every process of this folder's jobs begins with."""
        return hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16] + "/"

    def script(self, job: str) -> Path:
        return self._folder / f"{_name(job)}.sh"

    def begin(self, job: str, script: bytes) -> bool:
        """Record that the job begins; False when it has begun before. Raises OSError, and then it has not begun."""
        path = self.script(job)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _BEGUN)
        except FileExistsError:
            return False
        try:
            _write(file, script)
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(file)
        return True

    def begun_at(self, job: str) -> float:
        return self.script(job).stat().st_mtime

    def result(self, job: str) -> JobResult | None:
        """None when none is recorded, or none that can be read."""
        try:
            with self.script(job).open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != _ENDED:
                    return None
                found = json.loads(file.read().rpartition(b"\n#")[2])
            return JobResult(**found | {"end": JobEnd(found["end"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def finish(self, job: str, result: JobResult) -> None:
        """Record the result. Raises OSError: the job then counts as interrupted, should anybody ask again."""
        fields = {name: getattr(result, name) for name in JobResult.__slots__}
        file = os.open(self.script(job), os.O_WRONLY | os.O_APPEND)
        try:
            _write(file, b"\n#" + json.dumps(fields).encode())
            os.fchmod(file, _ENDED)
        finally:
            os.close(file)

    def forget(self, job: str) -> None:
        self.script(job).unlink(missing_ok=True)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _name(job: str) -> str:
    """A file name that a person recognises in a shell's message, and the digest that makes it the job's alone."""
    digest = hashlib.sha256(job.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{re.sub('[^A-Za-z0-9_]+', '-', job)[-80:]}-{digest}"
