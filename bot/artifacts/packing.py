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
from bot.artifacts.tree import Found, Kind, shown, walk

WORTH_KEEPING = 0.5
"""The part of a pack that must still be in use for it to be referred to."""


class Cancelled(Exception):
    """The caller no longer waits. What was put remains, and is collected one day."""


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier artifacts have: packs by id; and by the digest of a piece, in which pack it is, and where."""

    packs: Mapping[str, Pack] = field(default_factory=dict)
    pieces: Mapping[bytes, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Manifest) -> "Known":
        ids = [pack.id for pack in manifest.packs]
        pieces = {piece.digest: (ids[piece.pack], piece.offset) for entry in manifest.entries for piece in entry.pieces}
        return cls({pack.id: pack for pack in manifest.packs}, pieces)

    @classmethod
    def together(cls, each: Sequence["Known"]) -> "Known":
        """What any of them has, the first that has it."""
        if len(each) == 1:
            return each[0]
        packs: dict[str, Pack] = {}
        pieces: dict[bytes, tuple[str, int]] = {}
        for known in reversed(each):
            packs |= known.packs
            pieces |= known.pieces
        return cls(packs, pieces)


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
        self._left: set[bytes] = set()  # pieces in packs of which too little is used
        self._new: dict[bytes, tuple[int, int]] = {}

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
        if found.status is None:
            return _Draft(found)
        remembered = self._stamps.content(found.path, found.status) if self._stamps else None
        if remembered is not None and all(digest in self._known.pieces for digest, _ in remembered):
            return _Draft(found, remembered)
        now = time()
        content = self._take_all(root, found, writer)
        if self._stamps is not None:
            self._stamps.note(found.path, found.status, content, now)
        return _Draft(found, content)

    def _take_all(self, root: str, found: Found, writer: PackWriter) -> Content:
        """Read the file, piece by piece, and pack what is new of it."""
        try:
            descriptor = os.open(f"{root}/{found.path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError as error:
            raise PathRefused(f"{shown(found.path)} can't be read: {error.strerror}") from error
        taken = []
        expected = found.status.st_size + 1 if found.status else PACK_BYTES
        wanted = min(
            expected, PACK_BYTES
        )  # no more memory than the file needs, which is most of the cost of a small one
        try:
            while content := os.read(descriptor, wanted):
                if self._cancelled.is_set():
                    raise Cancelled
                taken.append((self._take(content, writer), len(content)))
                if len(content) < wanted:
                    break  # the end: asking once more would cost as much as the reading did
        finally:
            os.close(descriptor)
        return tuple(taken)

    def _take(self, content: bytes, writer: PackWriter) -> bytes:
        digest = blake3(content).digest()
        known = digest in self._known.pieces and digest not in self._left
        if not known and digest not in self._new:
            self._new[digest] = writer.add(content, digest)
        return digest

    def _pack_sparse(self, root: str, drafts: list[_Draft], writer: PackWriter) -> None:
        """What lies in packs of which too little is used is packed anew."""
        sparse = self._sparse(drafts)
        if not sparse:
            return
        for index, draft in enumerate(drafts):
            if any(self._pack_of(digest) in sparse for digest, _ in draft.content):
                self._left.update(digest for digest, _ in draft.content if self._pack_of(digest) in sparse)
                drafts[index] = _Draft(draft.found, self._take_all(root, draft.found, writer))

    def _sparse(self, drafts: Sequence[_Draft]) -> set[str]:
        used: dict[str, int] = {}
        seen = set()
        for draft in drafts:
            for digest, length in draft.content:
                pack = self._pack_of(digest)
                if pack and digest not in seen:
                    seen.add(digest)
                    used[pack] = used.get(pack, 0) + length
        return {pack for pack, size in used.items() if size < WORTH_KEEPING * self._known.packs[pack].size}

    def _pack_of(self, digest: bytes) -> str:
        return self._known.pieces.get(digest, ("", 0))[0]

    def _manifest(self, drafts: Sequence[_Draft], fresh: Sequence[Pack]) -> Manifest:
        packs: dict[str, int] = {}
        table: list[Pack] = []

        def number(pack: Pack) -> int:
            if pack.id not in packs:
                packs[pack.id] = len(table)
                table.append(pack)
            return packs[pack.id]

        def piece(digest: bytes, length: int) -> Piece:
            if digest in self._new:
                index, offset = self._new[digest]
                return Piece(digest, number(fresh[index]), offset, length)
            pack, offset = self._known.pieces[digest]
            return Piece(digest, number(self._known.packs[pack]), offset, length)

        entries = []
        for draft in drafts:
            found, pieces = draft.found, tuple(piece(*each) for each in draft.content)
            entries.append(Entry(found.path, found.kind, found.mode, found.target, pieces))
        return Manifest(tuple(table), tuple(entries))


def _require_something(drafts: Sequence[_Draft], patterns: Sequence[str]) -> None:
    if all(draft.found.kind is Kind.FOLDER for draft in drafts):
        raise NothingMatched(f"no file matches {', '.join(patterns)}")
