"""Room on the database's device that is kept beside it, and given back when the device is full.

Whoever has filled it is a build as a rule, and what a build leaves is removed as soon as its end is written down: on a device that
takes nothing more it never would be, and nobody would be told. Nothing else is kept here, and no table is named.
"""

import os
from contextlib import suppress
from pathlib import Path

SIZE = 16 << 20
"""Bytes: far more than the ends of all that may run at once take."""

_BESIDES = 2
"""How many times as much must be free before the room is taken again."""


class Reserve:
    """The file. It is made only where there is room for it, and that there is none is no error."""

    def __init__(self, database: Path, size: int = SIZE) -> None:
        self._path = database.with_name(f"{database.name}-reserve")
        self._size = size
        self._kept = self._path.exists()

    def keep(self) -> None:
        """Make it, where it is missing and there is room again."""
        if self._kept:
            return
        with suppress(OSError):
            device = os.statvfs(self._path.parent)
            if device.f_bavail * device.f_frsize < self._size * (1 + _BESIDES):
                return
            file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, self._size)
            finally:
                os.close(file)
            self._kept = True

    def give_back(self) -> bool:
        """Whether there was any."""
        if not self._kept:
            return False
        self._kept = False
        with suppress(OSError):
            self._path.unlink()
            return True
        return False
