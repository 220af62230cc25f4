"""The manifest: what an artifact holds, path by path, and where each piece of it lies. Its bytes, both ways; nothing is stored here.

A pack is an object of the store with many small files in it, or one piece of a large one. A manifest has the key of each
of its packs, so whoever can open the manifest can open what it names, and nothing else.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.links import check_links
from bot.artifacts.tree import Kind, check_link, check_path

_VERSION = 2
_DIGEST_BYTES = 32


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
    in_packs: list[int]
    offsets: list[int]
    lengths: list[int]


_KINDS = {kind.value: kind for kind in Kind}


def encode(manifest: Manifest) -> bytes:
    """A line of JSON, then the digests of all pieces."""
    paths, kinds, modes, targets, held = (list(map(itemgetter(column), manifest.entries)) for column in range(5))
    pieces = list(chain.from_iterable(held))
    digests, in_packs, offsets, lengths = (list(map(itemgetter(column), pieces)) for column in range(4))
    head = orjson.dumps(
        {
            "version": _VERSION,
            "packs": [(pack.id, pack.key.hex(), pack.size) for pack in manifest.packs],
            "paths": _joined(paths),
            "targets": _joined(targets),
            "kinds": "".join(kinds),
            "modes": modes,
            "counts": list(map(len, held)),
            "in_packs": in_packs,
            "offsets": offsets,
            "lengths": lengths,
        }
    )
    return b"\n".join([head, b"".join(digests)])


def decode(data: bytes) -> Manifest:
    """Whatever is not exactly a manifest raises ArtifactDamaged; a path that leads out, PathRefused."""
    try:
        head, _, digests = data.partition(b"\n")
        document = _Document.model_validate(orjson.loads(head), strict=False)
        return _manifest(document, digests)
    except (ValidationError, ValueError, KeyError, IndexError) as error:
        raise ArtifactDamaged("the artifact's manifest can't be read") from error


def _manifest(document: _Document, digests: bytes) -> Manifest:
    if document.version != _VERSION:
        raise ArtifactDamaged("the artifact was written by another version of Penstock")
    packs = tuple(Pack(name, bytes.fromhex(key), size) for name, key, size in document.packs)
    pieces = iter(_pieces(document, digests, packs))
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
        check_path(path)
        if entry.kind is Kind.LINK:
            check_link(path, target)
        if path in entries or path.rpartition("/")[0] not in folders:
            raise ValueError("a path that is there twice, or is in no folder")
        entries[path] = entry
        if entry.kind is Kind.FOLDER:
            folders.add(path)
    check_links({path: entry.target for path, entry in entries.items() if entry.kind is Kind.LINK})
    return Manifest(packs, tuple(entries.values()))


def _pieces(document: _Document, digests: bytes, packs: Sequence[Pack]) -> list[Piece]:
    each = [digests[start : start + _DIGEST_BYTES] for start in range(0, len(digests), _DIGEST_BYTES)]
    columns = zip(each, document.in_packs, document.offsets, document.lengths, strict=True)
    pieces = list(map(Piece._make, columns))
    sizes = [pack.size for pack in packs]
    for _, pack, offset, length in pieces:
        if pack < 0 or offset < 0 or length <= 0 or offset + length > sizes[pack]:
            raise ValueError("a piece that lies outside its pack")
    if len(digests) % _DIGEST_BYTES:
        raise ValueError("a digest that is cut")
    return pieces


def _joined(names: Sequence[str]) -> str:
    """The file system's bytes, one character each."""
    return os.fsencode("\0".join(names)).decode("latin-1")


def _split(joined: str, count: int) -> list[str]:
    return os.fsdecode(joined.encode("latin-1")).split("\0") if count else []
