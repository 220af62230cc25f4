"""The manifest: what an artifact holds, path by path, and where each piece of it lies. Its bytes, both ways; nothing is stored here.

A pack is an object of the store with many small files in it, or one piece of a large one. A manifest has the key of each
of its packs, so whoever can open the manifest can open what it names, and nothing else.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.tree import Kind, check_link, check_path

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Pack:
    """`id` names its object; `size` are the bytes in it, uncompressed."""

    id: str
    key: bytes
    size: int


class Piece(NamedTuple):
    """`length` bytes of content, `offset` bytes into the pack of that index. `digest` (BLAKE3) is by what they are known again.

    A tuple, as `Entry` is: there may be a hundred thousand of them, and these are made in a fifth of the time.
    """

    digest: bytes
    pack: int
    offset: int
    length: int


class Entry(NamedTuple):
    """A folder, a link with its target, or a file with its pieces in order."""

    path: str
    kind: Kind
    mode: int
    target: str = ""
    pieces: tuple[Piece, ...] = ()

    @property
    def size(self) -> int:
        return sum(piece.length for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Manifest:
    packs: tuple[Pack, ...]
    entries: tuple[Entry, ...]

    def files(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind is not Kind.FOLDER)


class _Document(BaseModel):
    """As it is written: columns, which are small and quick to read. Names are bytes to the file system: escaped as Python does."""

    model_config = ConfigDict(strict=True, extra="forbid")

    version: int
    packs: list[tuple[str, str, int]]
    paths: str
    targets: str
    kinds: str
    modes: list[int]
    counts: list[int]
    pieces: list[tuple[str, int, int, int]]


_LETTERS = {Kind.FILE: "f", Kind.FOLDER: "d", Kind.LINK: "l"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


def encode(manifest: Manifest) -> bytes:
    entries = manifest.entries
    return orjson.dumps(
        {
            "version": _VERSION,
            "packs": [(pack.id, pack.key.hex(), pack.size) for pack in manifest.packs],
            "paths": _joined(entry.path for entry in entries),
            "targets": _joined(entry.target for entry in entries),
            "kinds": "".join(_LETTERS[entry.kind] for entry in entries),
            "modes": [entry.mode for entry in entries],
            "counts": [len(entry.pieces) for entry in entries],
            "pieces": [(p.digest.hex(), p.pack, p.offset, p.length) for entry in entries for p in entry.pieces],
        }
    )


def decode(data: bytes) -> Manifest:
    """Whatever is not exactly a manifest raises ArtifactDamaged; a path that leads out, PathRefused."""
    try:
        document = _Document.model_validate(orjson.loads(data), strict=False)
        return _manifest(document)
    except (ValidationError, ValueError, KeyError, IndexError) as error:
        raise ArtifactDamaged("the artifact's manifest can't be read") from error


def _manifest(document: _Document) -> Manifest:
    if document.version != _VERSION:
        raise ArtifactDamaged("the artifact was written by another version of Penstock")
    packs = tuple(Pack(name, bytes.fromhex(key), size) for name, key, size in document.packs)
    pieces = iter([Piece(bytes.fromhex(d), pack, offset, length) for d, pack, offset, length in document.pieces])
    columns = zip(
        _split(document.paths, len(document.kinds)),
        _split(document.targets, len(document.kinds)),
        document.kinds,
        document.modes,
        document.counts,
        strict=True,
    )
    entries: dict[str, Entry] = {}
    folders = {""}
    for path, target, letter, mode, count in columns:
        entry = Entry(path, _KINDS[letter], mode & 0o777, target, tuple(islice(pieces, count)))
        if len(entry.pieces) != count:
            raise ValueError("a piece that is not there")
        _check(entry, packs)
        if path in entries or path.rpartition("/")[0] not in folders:
            raise ValueError("a path that is there twice, or is in no folder")
        entries[path] = entry
        if entry.kind is Kind.FOLDER:
            folders.add(path)
    return Manifest(packs, tuple(entries.values()))


def _check(entry: Entry, packs: Sequence[Pack]) -> None:
    check_path(entry.path)
    if entry.kind is Kind.LINK:
        check_link(entry.path, entry.target)
    for piece in entry.pieces:
        inside = piece.pack >= 0 and piece.offset >= 0 and piece.length > 0
        if not inside or piece.offset + piece.length > packs[piece.pack].size:
            raise ValueError("a piece that lies outside its pack")


def _joined(names: Iterator[str] | Sequence[str]) -> str:
    return b"\0".join(os.fsencode(name) for name in names).decode("latin-1")


def _split(joined: str, count: int) -> list[str]:
    return [os.fsdecode(name) for name in joined.encode("latin-1").split(b"\0")] if count else []
