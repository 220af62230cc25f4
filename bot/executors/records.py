"""What is remembered of jobs in the jobs folder: that one has begun, and how it ended. Nothing here runs or kills anything.

Two files a job: its script, whose presence says "begun" before the process can do anything, and its result, which appears
whole or not at all (written aside, then renamed). Nothing is synced to the disk: the files have to outlive the bot, and the
page cache does. Only a power cut can lose them, and then no process has survived either: the job is run anew.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
from pathlib import Path

from bot.ports import JobEnd, JobResult


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
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(script)
        except OSError:
            path.unlink()
            raise
        return True

    def begun_at(self, job: str) -> float:
        return self.script(job).stat().st_mtime

    def result(self, job: str) -> JobResult | None:
        """None when none is recorded, or none that can be read."""
        try:
            found = json.loads(self._result(job).read_bytes())
            return JobResult(**found | {"end": JobEnd(found["end"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def finish(self, job: str, result: JobResult) -> None:
        """Record the result. Raises OSError: the job then counts as interrupted, should anybody ask again."""
        path = self._result(job)
        aside = path.with_suffix(".new")
        fields = {name: getattr(result, name) for name in JobResult.__slots__}
        aside.write_text(json.dumps(fields), encoding="utf-8")
        aside.replace(path)

    def forget(self, job: str) -> None:
        """The script goes last: without it the job has never begun."""
        script = self.script(job)
        for path in (script.with_suffix(".new"), self._result(job), script):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def _result(self, job: str) -> Path:
        return self._folder / f"{_name(job)}.end"


def _name(job: str) -> str:
    """A file name that a person recognises in a shell's message, and the digest that makes it the job's alone."""
    digest = hashlib.sha256(job.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{re.sub('[^A-Za-z0-9_]+', '-', job)[-80:]}-{digest}"
