"""Writes one log: masked, and never larger than its limit. Who reads it, and when, is not known here.

The first half of the limit is kept as it comes. The rest goes to a ring of smaller parts, of which the oldest goes when a
new one would not fit: so memory stays flat, no byte is written twice, and what stays is the beginning and the end.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.logs.mask import Masker, forbidden
from bot.logs.parts import Place

_RING = 16
"""Parts that the second half is made of: once the middle is dropped, up to one of them less than that half is kept."""


class LogWriter:
    """One open log. `changed` is called whenever there is more to read, `closed` once, both in the writing thread.

    Not for several threads at once. Neither `write` nor `close` raises for what the disk does: an action is worth more
    than its log. What could not be written is counted, and the log's last line says so.
    """

    def __init__(
        self,
        place: Place,
        limit: int,
        secrets: Sequence[str],
        changed: Callable[[], None],
        closed: Callable[[], None],
    ) -> None:
        texts = forbidden(secrets)
        self._masker = Masker(texts) if texts else None
        self._place = place
        self._changed = changed
        self._closed = closed
        self._ring_part = max(1, limit // 2 // _RING)
        self._head = max(1, limit - self._ring_part * _RING)
        self._ring: deque[int] = deque()
        self._start = 0
        self._size = 0
        self._file: int | None = None
        self._line_open = False
        self._lost = 0
        self._failure = ""
        self._open()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._append(data if self._masker is None else self._masker.feed(data))
        self._changed()

    def close(self, note: str = "") -> None:
        """The note, if any, becomes the last line."""
        if self._masker is not None:
            self._append(self._masker.flush())
        if note:
            self._append(self._line(note))
        self._close_file()
        if self._failure:
            last = f"The log ends here: {self._lost} bytes could not be written ({self._failure})."
            with contextlib.suppress(OSError, IndexError):  # not even begun
                _end_in_place(self._place.parts()[-1].path, self._line(last))
        self._closed()

    @property
    def failure(self) -> str:
        """Why what followed could not be written, in the system's words; "" where all was."""
        return self._failure

    def _open(self) -> None:
        """A new log, as nearly always, or the end of one that a dead bot has left."""
        try:
            try:
                self._file = self._part_file(os.O_EXCL)
            except FileNotFoundError:
                self._place.folder.mkdir(parents=True, exist_ok=True)
                self._file = self._part_file()
            except FileExistsError:
                self._go_on()
        except OSError as error:
            self._failure = error.strerror or str(error)

    def _go_on(self) -> None:
        parts = self._place.parts()
        self._start, self._size = parts[-1].start, parts[-1].size
        self._ring.extend(part.start for part in parts[1:-1])
        self._line_open = self._size > 0
        self._file = self._part_file()

    def _append(self, data: bytes | bytearray | memoryview) -> None:
        left = memoryview(data)
        try:
            while left and self._file is not None:
                room = self._room()  # which may go on in another file
                count = os.write(self._file, left[:room])
                self._size += count
                self._line_open = left[count - 1] != ord("\n")
                left = left[count:]
        except OSError as error:
            self._failure = error.strerror or str(error)
            self._close_file()
        self._lost += len(left)

    def _room(self) -> int:
        """How much more fits into the part being written; a full one is followed by the next."""
        if self._left_in_part() <= 0:
            self._close_file()
            if self._start:
                self._ring.append(self._start)
            while len(self._ring) >= _RING:
                self._place.part(self._ring.popleft()).unlink(missing_ok=True)
            self._start, self._size = self._start + self._size, 0
            self._file = self._part_file()
        return self._left_in_part()

    def _left_in_part(self) -> int:
        return (self._ring_part if self._start else self._head) - self._size

    def _part_file(self, only_new: int = 0) -> int:
        return os.open(self._place.part(self._start), os.O_WRONLY | os.O_CREAT | os.O_APPEND | only_new, 0o600)

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # some file systems tell of a full disk only here
                os.close(file)

    def _line(self, text: str) -> bytes:
        return f"{chr(10) if self._line_open else ''}{text}\n".encode()


def _end_in_place(path: Path, line: bytes) -> None:
    """Append the line; where the disk has no room for that, write it over the end of what is there. Raises OSError."""
    file = os.open(path, os.O_RDWR)
    try:
        with contextlib.suppress(OSError):
            if os.pwrite(file, line, os.fstat(file).st_size) == len(line):
                return
        os.pwrite(file, line, max(0, os.fstat(file).st_size - len(line)))
    finally:
        os.close(file)
