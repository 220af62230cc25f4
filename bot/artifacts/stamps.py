"""What is remembered of a folder's files, so that those that have not changed are not read again, as Git's index does it.

A file counts as unchanged when everything that the file system notes of it is the same, the change time among it, which no
program can set back. Two changes within one tick of the file system's clock look like one: so what changed within a tick of
being noted is not remembered, unless nobody else can have touched it, and whoever notes that waits a tick before others can.
"""

import os
from dataclasses import dataclass, field

TICK = 0.02
"""Seconds. File systems' clocks tick every few milliseconds."""

Content = tuple[bytes, ...]
"""A file's pieces, by their digests."""

_Stamp = tuple[int, int, int, int, int]


@dataclass(slots=True)
class Stamps:
    """By path: what the file system said, and the content. Valid for one folder, while it exists."""

    _noted: dict[str, tuple[_Stamp, Content]] = field(default_factory=dict)

    def note(self, path: str, status: os.stat_result, content: Content, now: float) -> None:
        """`now`: the time at which it was read, in seconds since the epoch."""
        if status.st_ctime_ns / 1e9 < now - TICK:
            self.note_own(path, status, content)

    def note_own(self, path: str, status: os.stat_result, content: Content) -> None:
        """Of a file that the caller has just written, in a folder that is nobody else's for another tick."""
        self._noted[path] = (_stamp(status), content)

    def content(self, path: str, status: os.stat_result) -> Content | None:
        """What the file had, when it has it still for certain."""
        noted = self._noted.get(path)
        return noted[1] if noted is not None and noted[0] == _stamp(status) else None


def _stamp(status: os.stat_result) -> _Stamp:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
