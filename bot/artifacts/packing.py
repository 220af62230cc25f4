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
from typing import NamedTuple

from blake3 import blake3

from bot.artifacts.errors import NothingMatched, TooMuch
from bot.artifacts.keys import SpaceSecrets
from bot.artifacts.links import check_links
from bot.artifacts.manifest import Entry, Manifest, Pack, Piece
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES, WORKERS, Hold, PackWriter
from bot.artifacts.threads import Cancelled
from bot.artifacts.tree import Kind, unreadable, walk

MOST_ENTRIES = 500_000
"""Files and folders: each takes some 600 bytes of memory while it is packed."""

LONGEST_NAMES = 64 << 20
"""Bytes of all paths together."""

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


Content = tuple[bytes, ...]
"""A file's pieces, by their digests."""


class _Draft(NamedTuple):
    """An entry in the making: its content, whose places are not known yet."""

    path: str
    kind: Kind
    mode: int
    target: str = ""
    content: Content = ()


class Packing:
    """Packs one folder. `cancelled` is looked at between files."""

    def __init__(
        self,
        objects: Objects,
        space: str,
        secrets: SpaceSecrets,
        like: Sequence[Known],
        cancelled: Event,
        hold: Hold,
    ) -> None:
        self._objects = objects
        self._space = space
        self._secrets = secrets
        self._cancelled = cancelled
        self._hold = hold
        self._known = Known.together(like)
        self._places = dict(self._known.pieces)
        """Where each content lies, by its digest; new packs have the numbers behind the known ones."""

    def run(self, root: Path, patterns: Sequence[str]) -> tuple[Manifest, int]:
        """The manifest, and how many bytes were new to the store. Raises ArtifactError, StorageUnavailable, Cancelled."""
        with ThreadPoolExecutor(WORKERS, "packing") as pool:
            writer = PackWriter(self._objects, self._space, self._secrets, pool, self._hold, len(self._known.packs))
            try:
                drafts = self._drafts(str(root), patterns, writer)
                self._pack_sparse(str(root), drafts, writer)
                fresh, stored = writer.finish()
            except BaseException:
                writer.abandon()
                raise
        return self._manifest(drafts, fresh), stored

    def _drafts(self, root: str, patterns: Sequence[str], writer: PackWriter) -> list[_Draft]:
        drafts: list[_Draft] = []
        files = names = 0
        cancelled = self._cancelled.is_set
        for path, kind, mode, target, status in walk(root, patterns):
            if cancelled():
                raise Cancelled
            files += kind is not Kind.FOLDER
            content = () if status is None else self._take(root, path, status.st_size, writer)
            drafts.append(_Draft(path, kind, mode, target, content))
            names += len(path) + len(target)
            if len(drafts) > MOST_ENTRIES or names > LONGEST_NAMES:
                raise TooMuch
        if not files:
            raise NothingMatched(f"no file matches {', '.join(patterns)}")
        check_links({draft.path: draft.target for draft in drafts if draft.kind is Kind.LINK})
        return drafts

    def _take(self, root: str, path: str, size: int, writer: PackWriter) -> Content:
        """Read the file, and pack what is new of it. `size` is what it probably has."""
        try:
            descriptor = os.open(f"{root}/{path}", _READ)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            # No more memory than the file needs, which is most of the cost of a small one.
            wanted = size + 1 if size < PACK_BYTES else PACK_BYTES
            content = os.read(descriptor, wanted)
            if len(content) == wanted:
                return self._take_pieces(descriptor, content, writer)
        except OSError as error:
            raise unreadable(path, error) from error
        finally:
            os.close(descriptor)
        if not content:
            return ()
        digest = blake3(content).digest()
        if digest not in self._places:
            self._places[digest] = writer.add(content, digest)
        return (digest,)

    def _take_pieces(self, descriptor: int, content: bytes, writer: PackWriter) -> Content:
        """A large file, or one that has grown since it was looked at; the first of it is read already."""
        taken = []
        while content:
            if self._cancelled.is_set():
                raise Cancelled
            digest = blake3(content).digest()
            if digest not in self._places:
                self._places[digest] = writer.add(content, digest)
            taken.append(digest)
            content = os.read(descriptor, PACK_BYTES)
        return tuple(taken)

    def _pack_sparse(self, root: str, drafts: list[_Draft], writer: PackWriter) -> None:
        """What lies in packs of which too little is used is packed anew."""
        sparse = self._sparse(drafts)
        if not sparse:
            return
        for digest in [digest for digest, piece in self._places.items() if piece.pack in sparse]:
            del self._places[digest]
        for index, draft in enumerate(drafts):
            if not all(map(self._places.__contains__, draft.content)):
                size = sum(self._known.pieces[digest].length for digest in draft.content)
                drafts[index] = draft._replace(content=self._take(root, draft.path, size, writer))

    def _sparse(self, drafts: Sequence[_Draft]) -> set[int]:
        """Packs, by their index among those that are known, that are in use, but too little."""
        known = self._known.packs
        if not known:
            return set()
        used = [0] * len(known)
        for digest in {digest for draft in drafts for digest in draft.content}:
            _, pack, _, length = self._places[digest]
            if pack < len(known):
                used[pack] += length
        return {number for number, size in enumerate(used) if 0 < size < WORTH_KEEPING * known[number].size}

    def _manifest(self, drafts: Sequence[_Draft], fresh: Sequence[Pack]) -> Manifest:
        """The packs that are in use, and every path with its pieces of them."""
        where = self._places.__getitem__
        entries = [
            Entry(path, kind, mode, target, tuple(map(where, content))) for path, kind, mode, target, content in drafts
        ]
        return _without_unused(Manifest((*self._known.packs, *fresh), tuple(entries)))


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
