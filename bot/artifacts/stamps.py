"""Content known by the stamps of its files: what this process has unpacked itself need not be read when it is packed again.

A stamp is all that the file system says of a file, the time of its last change (ctime) among it. That time can't be set, unlike the
one of its content (mtime): whatever changes a file, its name, its links or its mode gives it a new one. So a file with the same stamp
is the same file, unchanged. Git's index rests on this as well; its rule for files that are "racily clean" is kept here by waiting until
the file system's own clock has moved on, so that every later change has a later time.

Where that can't be shown, nothing is remembered, and all is read:
- A file system proves itself: a file of ours is written through a mapping, which on some (tmpfs among them) changes no time.
- A clock that was set meanwhile (date, by root) tells nothing any more: it must have gone on as the machine's own has.
- What is remembered is in memory, of this process alone. No command can write there, and after a start everything is read.

Who could forge a stamp after all (root, writing to the device itself, or setting the clock to the nanosecond) gains nothing: what is kept
is then the content that was given to that very action, of its own space, which it could have left as it was.
"""

import mmap
import os
import time
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bot.artifacts.known import Known
from bot.artifacts.listing import listed
from bot.artifacts.manifest import Manifest
from bot.artifacts.rows import Row, path_of
from bot.ports import ArtifactError

MOST_ENTRIES = 100_000
"""Of all folders together: some 50 MB."""

_WORTH_ENTRIES = 50
_WORTH_BYTES = 1 << 20
"""What is less than both is read in less time than it takes to remember it."""

_SOME = 100
"""Entries that are looked up of all, to find which artifacts they are of."""

_PATIENCE = 0.05
"""Seconds: a file system whose clock has not moved on by then tells too little by its times."""

_TICK = 0.02
"""Seconds: the coarsest clock that a kernel keeps times by (100 Hz), and as much again."""

_DRIFT = 1.0
"""Seconds that a clock may be put right while it is relied on, beside a hundredth of the time that has gone by."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An artifact that lies unpacked somewhere: what it has, and the rows of its entries. `at`: the two clocks then."""

    space: str
    artifact: str
    known: Known
    at: tuple[float, float]


class Stamps:
    """The artifacts unpacked last, as far as there is room. Its methods block, and may be called in any thread."""

    def __init__(self) -> None:
        self._kept: list[Unpacked] = []
        self._lock = Lock()
        self._proven: dict[int, bool] = {}

    def remember(self, space: str, artifact: str, manifest: Manifest, root: Path) -> None:
        """The artifact has just been unpacked there, and nobody else has been given the folder yet."""
        few = len(manifest) < _WORTH_ENTRIES and sum(manifest.columns.contents.lengths) < _WORTH_BYTES
        if few or len(manifest) > MOST_ENTRIES:
            return
        at = _clocks()
        if not self._is_settled(root):
            return
        try:
            rows = listed(str(root))
        except ArtifactError:
            return  # a folder that is closed to us, who have just closed it
        if list(map(path_of, rows)) != manifest.columns.outline.paths:
            return  # a name that this file system writes otherwise
        known = Known(manifest, rows)
        known.prepare()
        with self._lock:
            self._kept.insert(0, Unpacked(space, artifact, known, at))
            while sum(len(each.known.rows) for each in self._kept) > MOST_ENTRIES:
                self._kept.pop()

    def forget(self, space: str, artifacts: Collection[str]) -> None:
        """They are removed, or have become something else: their packs may go."""
        with self._lock:
            self._kept = [each for each in self._kept if each.space != space or each.artifact not in artifacts]

    def among(self, space: str, rows: Sequence[Row]) -> list[Unpacked]:
        """The artifacts of the space that some of these files are of, those with the most of them first. A few files alone are overlooked."""
        now = _clocks()
        with self._lock:
            self._kept = [each for each in self._kept if _went_on(each.at, now)]
            kept = [each for each in self._kept if each.space == space]
        some = rows[:: len(rows) // _SOME + 1]
        found = [(sum(_has(each.known.rows, row) for row in some), each) for each in kept]
        return [each for count, each in sorted(found, key=lambda pair: -pair[0]) if count]

    def _is_settled(self, root: Path) -> bool:
        """Whether any change from now on has a later time than what has been written so far; waits for that."""
        try:
            with _nameless(root) as descriptor:
                device = os.fstat(descriptor).st_dev
                if device not in self._proven:
                    self._proven[device] = _tells_of_mappings(descriptor)
                return self._proven[device] and _moves_on(descriptor)
        except OSError:
            return False


def _has(rows: Sequence[Row], row: Row) -> bool:
    place = bisect_left(rows, row)
    return place < len(rows) and rows[place] == row


@contextmanager
def _nameless(folder: Path) -> Iterator[int]:
    """A file on the same file system, of which nothing is left however this ends."""
    descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _moves_on(descriptor: int) -> bool:
    began, end = _touched(descriptor), time.monotonic() + _PATIENCE
    while _touched(descriptor) <= began:
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def _touched(descriptor: int) -> int:
    """The time of a change that is made now, in nanoseconds."""
    os.pwrite(descriptor, b"1", 0)
    return os.fstat(descriptor).st_ctime_ns


def _tells_of_mappings(descriptor: int) -> bool:
    """Read before it is written: a page that was mapped to be read must not take what is written unnoticed."""
    os.ftruncate(descriptor, mmap.PAGESIZE)
    if not _moves_on(descriptor):
        return False
    before = os.fstat(descriptor).st_ctime_ns
    time.sleep(_TICK)
    with mmap.mmap(descriptor, mmap.PAGESIZE) as page:
        page[0] = page[0] ^ 1
    return os.fstat(descriptor).st_ctime_ns > before


def _clocks() -> tuple[float, float]:
    """The one that files' times are of, and the machine's own."""
    return time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)


def _went_on(before: tuple[float, float], now: tuple[float, float]) -> bool:
    by_clock, really = now[0] - before[0], now[1] - before[1]
    return abs(by_clock - really) <= _DRIFT + really / 100
