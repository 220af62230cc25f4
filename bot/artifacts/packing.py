"""From a folder to a manifest and packs: what is new is packed, what an earlier artifact had is referred to. Blocking.

Artifacts before this one (`known`) are what makes the second time cheap. What they have of a pack is referred to only while
that is most of the pack; else those few files are packed anew, lest artifacts hold on to packs of which they use little.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from operator import itemgetter
from threading import Event
from typing import NamedTuple

from blake3 import blake3

from bot.artifacts.keys import SpaceSecrets
from bot.artifacts.known import Known, Places
from bot.artifacts.links import check_links
from bot.artifacts.manifest import Entry, Manifest, Pack, Piece
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES, WORKERS, Hold, PackWriter
from bot.artifacts.rows import Row, found
from bot.artifacts.threads import Cancelled
from bot.artifacts.tree import Kind, unreadable

WORTH_KEEPING = 0.5
"""The part of a pack that must still be in use for it to be referred to."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PIECES = itemgetter(4)
_DIGEST, _PACK = itemgetter(0), itemgetter(1)
"""Of entries, and of pieces: read so in a third of the time, and there may be a hundred thousand."""


class Packed(NamedTuple):
    """The manifest, all pieces of its entries, and how many bytes were new to the store."""

    manifest: Manifest
    pieces: list[Piece]
    stored: int


class Packing:
    """Packs one folder. `cancelled` is looked at between files."""

    def __init__(
        self,
        objects: Objects,
        space: str,
        secrets: SpaceSecrets,
        known: Sequence[Known],
        cancelled: Event,
        hold: Hold,
    ) -> None:
        self._objects = objects
        self._space = space
        self._secrets = secrets
        self._cancelled = cancelled
        self._hold = hold
        self._places = Places(known)

    def run(self, root: str, rows: Sequence[Row]) -> "Packed":
        """What `listed` has found. Raises ArtifactError, StorageUnavailable, Cancelled."""
        try:
            folder = os.open(root, _FOLDER)
        except OSError as error:
            raise unreadable(".", error) from error
        try:
            with ThreadPoolExecutor(WORKERS, "packing") as pool:
                writer = PackWriter(self._objects, self._space, self._secrets, pool, self._hold, self._places.fresh)
                try:
                    entries = self._entries(folder, rows, writer)
                    pieces = self._pack_sparse(folder, entries, writer)
                    fresh, stored = writer.finish()
                except BaseException:
                    writer.abandon()
                    raise
        finally:
            os.close(folder)
        return Packed(*_without_unused(self._places.packs(fresh), entries, pieces), stored)

    def _entries(self, folder: int, rows: Sequence[Row], writer: PackWriter) -> list[Entry]:
        links: dict[str, str] = {}
        unchanged = zip(self._places.unchanged(rows), rows, strict=True)
        entries = [self._entry(folder, row, writer, links) if entry is None else entry for entry, row in unchanged]
        check_links(links)
        return entries

    def _entry(self, folder: int, row: Row, writer: PackWriter, links: dict[str, str]) -> Entry:
        if self._cancelled.is_set():
            raise Cancelled
        path, kind, mode, size, target = found(row)
        if target:
            links[path] = target
        return Entry(path, kind, mode, target, self._take(folder, path, size, writer) if kind is Kind.FILE else ())

    def _take(self, folder: int, path: str, size: int, writer: PackWriter) -> tuple[Piece, ...]:
        """Read the file, and pack what is new of it. `size` is what it probably has."""
        try:
            descriptor = os.open(path, _READ, dir_fd=folder)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            room = writer.room(size + 1 if size < PACK_BYTES else PACK_BYTES)
            length = os.readv(descriptor, [room])
            if length == len(room):
                return self._take_pieces(descriptor, room, size, writer)
        except OSError as error:
            raise unreadable(path, error) from error
        finally:
            os.close(descriptor)
        return (self._piece(room[:length], writer),) if length else ()

    def _take_pieces(self, descriptor: int, room: memoryview, size: int, writer: PackWriter) -> tuple[Piece, ...]:
        """A large file, or one that has grown since it was looked at; the first of it is read already."""
        taken = []
        while room:
            if self._cancelled.is_set():
                raise Cancelled
            taken.append(self._piece(room, writer))
            size = max(size - len(room), 0)
            room = writer.room(min(size + 1, PACK_BYTES))
            room = room[: os.readv(descriptor, [room])]
        return tuple(taken)

    def _piece(self, content: memoryview, writer: PackWriter) -> Piece:
        """What lies in the writer's room, which becomes part of a pack where it is new."""
        digest = blake3(content).digest()
        piece = self._places.of(digest)
        if piece is None:
            piece = writer.keep(len(content), digest)
            self._places.keep(piece)
        return piece

    def _pack_sparse(self, folder: int, entries: list[Entry], writer: PackWriter) -> list[Piece]:
        """What lies in packs of which too little is used is packed anew. All pieces, then."""
        pieces = _pieces(entries)
        sparse = self._sparse(pieces)
        if not sparse:
            return pieces
        self._places.refuse(sparse)
        for index, entry in enumerate(entries):
            if any(piece.pack in sparse for piece in entry.pieces):
                entries[index] = entry._replace(pieces=self._take(folder, entry.path, entry.size, writer))
        return _pieces(entries)

    def _sparse(self, pieces: Sequence[Piece]) -> set[int]:
        """The numbers of packs that were there before and are in use, but too little."""
        sizes = self._places.sizes()
        if not sizes:
            return set()
        used = [0] * (max(map(_PACK, pieces), default=0) + 1)
        once = pieces if len(set(map(_DIGEST, pieces))) == len(pieces) else set(pieces)
        for _, pack, _, length in once:
            used[pack] += length
        return {number for number, count in enumerate(used) if 0 < count < WORTH_KEEPING * sizes.get(number, 0)}


def _pieces(entries: Sequence[Entry]) -> list[Piece]:
    return list(chain.from_iterable(map(_PIECES, entries)))


def _without_unused(
    packs: Sequence[Pack], entries: Sequence[Entry], pieces: list[Piece]
) -> tuple[Manifest, list[Piece]]:
    """The manifest with those packs alone that one of its pieces is in, in the order in which they are first needed; and its pieces."""
    used = dict.fromkeys(map(_PACK, pieces))
    if len(used) == len(packs):
        return Manifest(tuple(packs), tuple(entries)), pieces
    index = {pack: place for place, pack in enumerate(used)}
    moved = [
        entry._replace(pieces=tuple([piece._replace(pack=index[piece.pack]) for piece in entry.pieces]))
        for entry in entries
    ]
    return Manifest(tuple(packs[pack] for pack in used), tuple(moved)), _pieces(moved)
