"""The logs of actions as files below one folder: opened for writing, read, followed, removed.

How one is written is `writer`'s affair, where it lies `parts`'. A log that is neither open here nor held is complete: only this
process writes, and what a dead one has left gets no more.
"""

import asyncio
import contextlib
import os
import shutil
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path

from bot.logs.parts import Part, Place
from bot.logs.terminal import shown
from bot.logs.writer import LogWriter
from bot.ports import LogChunk

CHUNK = 1 << 18
"""Bytes a follower is given at once, at most."""

PACE = 0.05
"""Seconds a follower that has caught up is left alone, so that a log growing byte by byte does not wake it for each."""

_TAILS = (1 << 16, 1 << 20)
"""How far back the last lines are looked for; the second is the end of it, however long the lines."""


class LogFiles:
    """All logs below `root`. `open` may be called in any thread, everything else belongs to an event loop."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: set[Place] = set()
        self._held: Counter[Place] = Counter()
        self._begun = 0
        self._followers: dict[Place, tuple[_Follower, ...]] = {}

    def open(self, key: str, limit: int, secrets: Sequence[str] = ()) -> LogWriter:
        """Begin a log, or go on with one that exists. Raises ValueError for one that is open already."""
        place = Place.of(self._root, key)
        with self._lock:
            if place in self._open:
                raise ValueError(f"the log {key} is being written already")
            self._open.add(place)
            self._begun += 1
        return LogWriter(place, limit, secrets, partial(self._wake, place), partial(self._complete, place))

    @contextlib.contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Meanwhile the log is not complete, though nobody may have it open between one who writes it and the next."""
        place = Place.of(self._root, key)
        with self._lock:
            self._held[place] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[place] -= 1
                if not self._held[place]:
                    del self._held[place]
            self._wake(place)

    async def read(self, key: str, offset: int = 0, limit: int = 1 << 20) -> LogChunk | None:
        return await asyncio.to_thread(self._read, Place.of(self._root, key), offset, limit)

    async def tail(self, key: str, lines: int) -> str:
        return await asyncio.to_thread(_tail, Place.of(self._root, key), lines)

    async def follow(self, key: str, offset: int = 0) -> AsyncIterator[LogChunk]:
        """As the port says. A log that does not exist (yet) has nothing to follow."""
        place = Place.of(self._root, key)
        with self._following(place) as news:
            while True:
                news.clear()
                chunk = await asyncio.to_thread(self._read, place, offset, CHUNK)
                if chunk is None:
                    return
                if chunk.data or chunk.complete:
                    yield chunk
                if chunk.complete:
                    return
                offset = chunk.next_offset
                if not chunk.data:
                    await news.wait()
                elif len(chunk.data) < CHUNK // 4:
                    await asyncio.sleep(PACE)

    async def remove(self, prefix: str) -> None:
        """Remove the log of that key and all whose keys go on from it with a `/`. None there is no error."""
        await asyncio.to_thread(_remove, Place.of(self._root, prefix))

    def _read(self, place: Place, offset: int, limit: int) -> LogChunk | None:
        while True:
            # asked before looking: what is complete then stays so
            begun, being_written = self._begun, place in self._open or place in self._held
            parts = place.parts()
            if not parts:
                return LogChunk(b"", 0, 0, complete=False) if being_written else None
            with contextlib.suppress(FileNotFoundError):  # the part was dropped meanwhile: look again
                chunk = _chunk(parts, max(0, offset), max(1, limit), finished=not being_written)
                if being_written or self._begun == begun:
                    return chunk  # else it may be the one that has begun meanwhile

    def _wake(self, place: Place) -> None:
        for follower in self._followers.get(place, ()):
            follower.wake()

    def _complete(self, place: Place) -> None:
        with self._lock:
            self._open.discard(place)
        self._wake(place)

    @contextlib.contextmanager
    def _following(self, place: Place) -> Iterator[asyncio.Event]:
        follower = _Follower()
        with self._lock:
            self._followers[place] = (*self._followers.get(place, ()), follower)
        try:
            yield follower.news
        finally:
            with self._lock:
                rest = tuple(other for other in self._followers.pop(place) if other is not follower)
                if rest:
                    self._followers[place] = rest


class _Follower:
    """Woken from the writing thread, at most once until it has heard."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._told = False

    def wake(self) -> None:
        if not self._told:
            self._told = True
            with contextlib.suppress(RuntimeError):  # its loop is closed: nobody follows any more
                self._loop.call_soon_threadsafe(self._hear)

    def _hear(self) -> None:
        self._told = False
        self.news.set()


def _chunk(parts: Sequence[Part], offset: int, limit: int, *, finished: bool) -> LogChunk:
    """Up to `limit` bytes from the first part that has any at or after the offset. Raises FileNotFoundError."""
    end = parts[-1].end
    for part in parts:
        if part.end > offset:
            begin = max(offset, part.start)
            data = _bytes(part, begin, min(limit, part.end - begin))
            after = begin + len(data)
            return LogChunk(data, begin, after, complete=finished and after >= end, dropped=begin - offset)
    return LogChunk(b"", end, end, complete=finished)


def _bytes(part: Part, begin: int, count: int) -> bytes:
    file = os.open(part.path, os.O_RDONLY)
    try:
        return os.pread(file, count, begin - part.start)
    finally:
        os.close(file)


def _tail(place: Place, lines: int) -> str:
    found: list[str] = []
    for window in _TAILS:
        data, whole = _last(place, window)
        found = shown(data)
        if not whole and len(found) > 1:
            del found[0]  # only the end of a line
        if whole or len(found) >= lines:
            break
    return "\n".join(found[-lines:]) if lines > 0 else ""


def _last(place: Place, window: int) -> tuple[bytes, bool]:
    """The last bytes, and whether that is all there is. Where the middle was dropped, a line says so."""
    parts = place.parts()
    pieces: list[bytes] = []
    reached = parts[-1].end if parts else 0
    floor = reached - window
    for part in reversed(parts):
        if part.end <= floor:
            return b"".join(reversed(pieces)), False
        if part.end < reached:
            pieces.append(f"\n… {reached - part.end} bytes left out …\n".encode())
            floor -= reached - part.end
        reached = max(part.start, floor)
        with contextlib.suppress(FileNotFoundError):  # dropped meanwhile
            pieces.append(_bytes(part, reached, part.end - reached))
    return b"".join(reversed(pieces)), reached <= 0


def _remove(place: Place) -> None:
    if not place.stem:
        shutil.rmtree(place.folder, ignore_errors=True)
        return
    with contextlib.suppress(FileNotFoundError), os.scandir(place.folder) as entries:
        for entry in entries:
            if entry.name.startswith((f"{place.stem}.", f"{place.stem}+")):
                with contextlib.suppress(FileNotFoundError):
                    Path(entry.path).unlink()
