"""From a folder to a manifest and packs: what is new is packed, what an earlier artifact had is referred to. Blocking.

An artifact before this one (`like`) is what makes the second time cheap. What it has of a pack is referred to only while
that is most of the pack; else those few files are packed anew, lest artifacts hold on to packs of which they use little.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import time
from typing import NamedTuple

from blake3 import blake3

from bot.artifacts.errors import NothingMatched, PathRefused
from bot.artifacts.keys import SpaceSecrets
from bot.artifacts.manifest import Entry, Manifest, Pack, Piece
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES, WORKERS, PackWriter
from bot.artifacts.stamps import Content, Stamps
from bot.artifacts.threads import Cancelled
from bot.artifacts.tree import Found, Kind, shown, walk

WORTH_KEEPING = 0.5
"""The part of a pack that must still be in use for it to be referred to."""


_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier artifact has: its packs, and its pieces by their digests."""

    packs: tuple[Pack, ...] = ()
    pieces: Mapping[bytes, Piece] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Manifest) -> "Known":
        return cls(manifest.packs, {piece[0]: piece for entry in manifest.entries for piece in entry.pieces})

    @classmethod
    def together(cls, each: Sequence["Known"]) -> "Known":
        """What any of them has, the first that has it."""
        if len(each) == 1:
            return each[0]
        packs: list[Pack] = []
        pieces: dict[bytes, Piece] = {}
        for known in each:
            moved = len(packs)
            packs += known.packs
            for digest, piece in known.pieces.items():
                pieces.setdefault(digest, Piece(digest, moved + piece.pack, piece.offset, piece.length))
        return cls(tuple(packs), pieces)


class _Draft(NamedTuple):
    """An entry in the making: its content, whose places are not known yet."""

    found: Found
    content: Content = ()


class Packing:
    """Packs one folder. `cancelled` is looked at between files."""

    def __init__(
        self,
        objects: Objects,
        space: str,
        secrets: SpaceSecrets,
        like: Sequence[Known],
        stamps: Stamps | None,
        cancelled: Event,
    ) -> None:
        self._objects = objects
        self._space = space
        self._secrets = secrets
        self._stamps = stamps
        self._cancelled = cancelled
        self._known = Known.together(like)
        self._places = dict(self._known.pieces)  # but for those in packs of which too little is used
        self._new: dict[bytes, Piece] = {}

    def run(self, root: Path, patterns: Sequence[str]) -> tuple[Manifest, int]:
        """The manifest, and how many bytes were new to the store. Raises ArtifactError, StorageUnavailable, Cancelled."""
        with ThreadPoolExecutor(WORKERS, "packing") as pool:
            writer = PackWriter(self._objects, self._space, self._secrets, pool)
            try:
                drafts = [self._draft(str(root), found, writer) for found in walk(str(root), patterns)]
                _require_something(drafts, patterns)
                self._pack_sparse(str(root), drafts, writer)
                fresh, stored = writer.finish()
            except BaseException:
                writer.abandon()
                raise
        return self._manifest(drafts, fresh), stored

    def _draft(self, root: str, found: Found, writer: PackWriter) -> _Draft:
        status = found.status
        if status is None:
            return _Draft(found)
        if self._stamps is None:
            return _Draft(found, self._take_all(root, found, writer))
        content = self._stamps.content(found.path, status)
        if content is None or not self._places.keys() >= set(content):
            now = time()
            content = self._take_all(root, found, writer)
            self._stamps.note(found.path, status, content, now)
        return _Draft(found, content)

    def _take_all(self, root: str, found: Found, writer: PackWriter) -> Content:
        """Read the file, piece by piece, and pack what is new of it."""
        try:
            descriptor = os.open(f"{root}/{found.path}", _READ)
        except PermissionError as error:
            raise PathRefused(f"{shown(found.path)} can't be read: {error.strerror}") from error
        taken = []
        expected = found.status.st_size + 1 if found.status else PACK_BYTES
        # No more memory than the file needs, which is most of the cost of a small one.
        wanted = min(PACK_BYTES, expected)
        try:
            while content := os.read(descriptor, wanted):
                if self._cancelled.is_set():
                    raise Cancelled
                taken.append(self._take(content, writer))
                if len(content) < wanted:
                    break  # the end: asking once more would cost as much as the reading did
        finally:
            os.close(descriptor)
        return tuple(taken)

    def _take(self, content: bytes, writer: PackWriter) -> bytes:
        digest = blake3(content).digest()
        if digest not in self._places and digest not in self._new:
            self._new[digest] = writer.add(content, digest)
        return digest

    def _pack_sparse(self, root: str, drafts: list[_Draft], writer: PackWriter) -> None:
        """What lies in packs of which too little is used is packed anew."""
        sparse = self._sparse(drafts)
        if not sparse:
            return
        for digest in [digest for digest, piece in self._places.items() if piece.pack in sparse]:
            del self._places[digest]
        known = self._known.pieces
        for index, draft in enumerate(drafts):
            if any(digest in known and digest not in self._places for digest in draft.content):
                drafts[index] = _Draft(draft.found, self._take_all(root, draft.found, writer))

    def _sparse(self, drafts: Sequence[_Draft]) -> set[int]:
        """Packs, by their index among those that are known, that are in use, but too little."""
        used: dict[int, int] = {}
        digests = {digest for draft in drafts for digest in draft.content}
        for piece in map(self._places.get, digests):
            if piece is not None:
                used[piece.pack] = used.get(piece.pack, 0) + piece.length
        return {pack for pack, size in used.items() if size < WORTH_KEEPING * self._known.packs[pack].size}

    def _manifest(self, drafts: Sequence[_Draft], fresh: Sequence[Pack]) -> Manifest:
        """The packs that are in use, and every path with its pieces of them."""
        known = self._known.packs
        places = self._places
        for digest, (_, pack, offset, length) in self._new.items():
            places[digest] = Piece(digest, len(known) + pack, offset, length)
        where = places.__getitem__
        entries = [
            Entry(found.path, found.kind, found.mode, found.target, tuple(map(where, content)))
            for found, content in drafts
        ]
        return _without_unused(Manifest((*known, *fresh), tuple(entries)))


def _without_unused(manifest: Manifest) -> Manifest:
    """The manifest with those packs alone that one of its pieces is in, in the order in which they are first needed."""
    used = {piece.pack: None for entry in manifest.entries for piece in entry.pieces}
    if len(used) == len(manifest.packs):
        return manifest
    index = {pack: place for place, pack in enumerate(used)}
    entries = tuple(
        entry._replace(pieces=tuple(piece._replace(pack=index[piece.pack]) for piece in entry.pieces))
        for entry in manifest.entries
    )
    return Manifest(tuple(manifest.packs[pack] for pack in used), entries)


def _require_something(drafts: Sequence[_Draft], patterns: Sequence[str]) -> None:
    if all(draft.found.kind is Kind.FOLDER for draft in drafts):
        raise NothingMatched(f"no file matches {', '.join(patterns)}")
