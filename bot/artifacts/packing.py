"""From a folder to a manifest and packs: what is new is packed, what an earlier artifact had is referred to. Blocking.

Artifacts before this one (`known`) are what makes the second time cheap. What they have of a pack is referred to only while
that is most of the pack; else those few files are packed anew, lest artifacts hold on to packs of which they use little.
"""

import os
from array import array
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import NamedTuple

from blake3 import blake3

from bot.artifacts.columns import Columns, Contents, Entry, Piece
from bot.artifacts.keys import SpaceSecrets
from bot.artifacts.known import Known, Places
from bot.artifacts.links import check_links
from bot.artifacts.manifest import Manifest, Pack
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES, Hold, PackWriter
from bot.artifacts.rows import Row, found
from bot.artifacts.threads import Cancelled
from bot.artifacts.tree import Kind, unreadable

WORTH_KEEPING = 0.5
"""The part of a pack that must still be in use for it to be referred to."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Packed(NamedTuple):
    """`stored` are the bytes that were new to the store. Nothing may refer to them before `durable` is done."""

    manifest: Manifest
    stored: int
    durable: Future[None]


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

    def run(self, root: str, rows: Sequence[Row], pool: ThreadPoolExecutor) -> "Packed":
        """What `listed` has found. Raises ArtifactError, StorageUnavailable, Cancelled."""
        try:
            folder = os.open(root, _FOLDER)
        except OSError as error:
            raise unreadable(".", error) from error
        writer = PackWriter(self._objects, self._space, self._secrets, pool, self._hold, self._places.fresh)
        try:
            columns = self._columns(folder, rows, writer)
            writer.send()
            columns = self._without_sparse(folder, columns, writer)
            fresh, stored, durable = writer.finish()
        except BaseException:
            writer.abandon()
            raise
        finally:
            os.close(folder)
        return Packed(_without_unused(self._places.packs(fresh), columns), stored, durable)

    def _columns(self, folder: int, rows: Sequence[Row], writer: PackWriter) -> Columns:
        columns = self._places.columns(rows, lambda row: self._entry(folder, row, writer))
        outline = columns.outline
        if any(outline.targets):
            check_links({path: target for path, target in zip(outline.paths, outline.targets, strict=True) if target})
        return columns

    def _entry(self, folder: int, row: Row, writer: PackWriter) -> Entry:
        if self._cancelled.is_set():
            raise Cancelled
        path, kind, mode, size, target = found(row)
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

    def _without_sparse(self, folder: int, columns: Columns, writer: PackWriter) -> Columns:
        """What lies in packs of which too little is used is packed anew."""
        sparse = self._sparse(columns.contents)
        if not sparse:
            return columns
        self._places.refuse(sparse)
        return Columns.of(
            entry._replace(pieces=self._take(folder, entry.path, entry.size, writer))
            if any(piece.pack in sparse for piece in entry.pieces)
            else entry
            for entry in columns
        )

    def _sparse(self, contents: Contents) -> set[int]:
        """The numbers of packs that were there before and are in use, but too little."""
        if self._places.are_used(WORTH_KEEPING):
            return set()
        sizes = self._places.sizes()
        return {pack for pack, count in enumerate(contents.used) if 0 < count < WORTH_KEEPING * sizes.get(pack, 0)}


def _without_unused(packs: Sequence[Pack], columns: Columns) -> Manifest:
    """The manifest with those packs alone that one of its pieces is in, in the order in which they are first needed."""
    used = dict.fromkeys(columns.contents.packs)
    if len(used) != len(packs):
        index = {pack: place for place, pack in enumerate(used)}
        columns.contents.packs = array("i", map(index.__getitem__, columns.contents.packs))
    return Manifest(tuple(packs[pack] for pack in used) if len(used) != len(packs) else tuple(packs), columns)
