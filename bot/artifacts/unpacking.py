"""From a manifest and packs to a folder, which is new: nothing in it can lead a path elsewhere. Blocking.

Folders are made first, open to us; files next, pack by pack; links last, so that no path goes through one; at the very end
folders get their modes. A path that a manifest must not have was refused when the manifest was read.
"""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from bot.artifacts.columns import Entry, Piece
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.manifest import Manifest, Pack
from bot.artifacts.objects import Objects
from bot.artifacts.packs import WORKERS, PackReader
from bot.artifacts.threads import Cancelled
from bot.artifacts.tree import Kind, shown

_AHEAD = 3
"""Packs fetched and opened while files are written from the one before them."""

_AT_ONCE = 1 << 16
"""Bytes written at once. For larger ones the kernel takes stretches of memory (folios) as large, which a virtual machine's host most often has to give it anew."""

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE_OR_OPEN = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
"""For a file of several pieces, which come in any order."""


@dataclass(slots=True)
class _Use:
    """What is written from one pack: entries by index, and where in the file a piece goes."""

    pieces: list[tuple[int, Piece, int]] = field(default_factory=list)


class Unpacking:
    """Unpacks one manifest. `cancelled` is looked at between packs."""

    def __init__(self, objects: Objects, space: str, cancelled: Event) -> None:
        self._reader = PackReader(objects, space)
        self._cancelled = cancelled

    def run(self, manifest: Manifest, root: Path) -> None:
        """`root` must not exist. Raises ArtifactError (naming the files that are lost), StorageUnavailable, Cancelled."""
        root.mkdir(mode=0o700, parents=True)
        entries = manifest.entries
        for entry in entries:
            if entry.kind is Kind.FOLDER:
                (root / entry.path).mkdir(mode=0o700, exist_ok=True)
        self._write_files(manifest.packs, entries, str(root))
        for entry in entries:
            if entry.kind is Kind.LINK:
                (root / entry.path).symlink_to(entry.target)
        for entry in reversed(entries):
            if entry.kind is Kind.FOLDER:
                (root / entry.path).chmod(entry.mode)

    def _write_files(self, packs: Sequence[Pack], entries: Sequence[Entry], root: str) -> None:
        uses = _uses(entries)
        with ThreadPoolExecutor(WORKERS, "unpacking") as pool:
            for number, opened in self._opened(pool, packs, list(uses)):
                content = _result(entries, number, opened)
                self._write(entries, root, uses[number], content)
                self._reader.back(content)
        for entry in entries:
            if entry.kind is Kind.FILE and len(entry.pieces) != 1:
                descriptor = os.open(f"{root}/{entry.path}", _CREATE_OR_OPEN, 0o600)
                os.fchmod(descriptor, entry.mode)
                os.close(descriptor)

    def _opened(
        self, pool: ThreadPoolExecutor, packs: Sequence[Pack], order: Sequence[int]
    ) -> Iterator[tuple[int, Future[memoryview]]]:
        """The packs in this order, a few ahead of what is asked for."""
        ahead: deque[tuple[int, Future[memoryview]]] = deque()
        left = iter(order)
        try:
            while True:
                while len(ahead) < _AHEAD and (number := next(left, None)) is not None:
                    ahead.append((number, pool.submit(self._reader.open, packs[number])))
                if not ahead:
                    return
                if self._cancelled.is_set():
                    raise Cancelled
                yield ahead.popleft()
        finally:
            for _, future in ahead:
                future.cancel()

    def _write(self, entries: Sequence[Entry], root: str, use: _Use, content: memoryview) -> None:
        for index, piece, position in use.pieces:
            entry = entries[index]
            part = content[piece.offset : piece.offset + piece.length]
            whole = len(entry.pieces) == 1
            descriptor = os.open(f"{root}/{entry.path}", _CREATE if whole else _CREATE_OR_OPEN, 0o600)
            try:
                _write_all(descriptor, part, position)
                if whole:
                    os.fchmod(descriptor, entry.mode)
            finally:
                os.close(descriptor)


def _result(entries: Sequence[Entry], number: int, opened: "Future[memoryview]") -> memoryview:
    try:
        return opened.result()
    except ArtifactDamaged as error:
        lost = [entry.path for entry in entries if any(piece.pack == number for piece in entry.pieces)]
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise ArtifactDamaged(f"{shown(lost[0])}{more} can't be had: {error}") from error


def _write_all(descriptor: int, part: memoryview, position: int) -> None:
    while part:
        written = os.pwrite(descriptor, part[:_AT_ONCE], position)
        part, position = part[written:], position + written


def _uses(entries: Sequence[Entry]) -> Mapping[int, _Use]:
    """By pack, in the order in which the entries first need them."""
    uses: dict[int, _Use] = {}
    for index, entry in enumerate(entries):
        position = 0
        for piece in entry.pieces:
            uses.setdefault(piece.pack, _Use()).pieces.append((index, piece, position))
            position += piece.length
    return uses
