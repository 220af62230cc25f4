"""The manifest: what an artifact holds, path by path, and where each piece of it lies. Its bytes, both ways; nothing is stored here.

A pack is an object of the store with many small files in it, or one piece of a large one. A manifest has the key of each
of its packs, so whoever can open the manifest can open what it names, and nothing else.
"""

import os
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.artifacts.columns import DIGEST_BYTES, Columns, Contents, Entry, Outline
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.links import check_links
from bot.artifacts.tree import Kind, check_link, check_path

_VERSION = 3
_NUMBERS_IN_JSON = 2
"""The version before, which had the numbers of all pieces in its line of JSON."""


@dataclass(frozen=True, slots=True)
class Pack:
    """`id` names its object; `size` are the bytes in it, uncompressed."""

    id: str
    key: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    packs: tuple[Pack, ...]
    columns: Columns

    @classmethod
    def of(cls, packs: Sequence[Pack], entries: Iterable[Entry]) -> Self:
        return cls(tuple(packs), Columns.of(entries))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Made anew each time, and not kept: as much again as the columns take."""
        return tuple(self.columns)

    def __len__(self) -> int:
        return len(self.columns.outline.paths)


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
    in_packs: list[int] = []
    offsets: list[int] = []
    lengths: list[int] = []


_KINDS = {kind.value: kind for kind in Kind}


def encode(manifest: Manifest) -> bytes:
    """A line of JSON; then column by column the numbers of all pieces, little end first, and their digests."""
    contents = manifest.columns.contents
    head = orjson.dumps(
        {
            "version": _VERSION,
            "packs": [(pack.id, pack.key.hex(), pack.size) for pack in manifest.packs],
            **manifest.columns.outline.written,
        }
    )
    numbers = map(_swapped, (contents.packs, contents.offsets, contents.lengths))
    return b"".join([head, b"\n", *numbers, contents.digests])


def decode(data: bytes) -> Manifest:
    """Whatever is not exactly a manifest raises ArtifactDamaged; a path that leads out, PathRefused."""
    try:
        head, _, rest = data.partition(b"\n")
        document = _Document.model_validate(orjson.loads(head), strict=False)
        return _manifest(document, rest)
    except (ValidationError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise ArtifactDamaged("the artifact's manifest can't be read") from error


def _manifest(document: _Document, rest: bytes) -> Manifest:
    if document.version not in (_VERSION, _NUMBERS_IN_JSON):
        raise ArtifactDamaged("the artifact was written by another version of Penstock")
    packs = tuple(Pack(name, bytes.fromhex(key), size) for name, key, size in document.packs)
    columns = Columns()
    columns.outline = _outline(document)
    read = _contents_before if document.version == _NUMBERS_IN_JSON else _contents
    columns.contents = read(document, rest)
    _check_pieces(columns.contents, [pack.size for pack in packs])
    if min(document.counts, default=0) < 0 or sum(document.counts) != len(columns.contents):
        raise ValueError("a piece that is not there, or is no file's")
    return Manifest(packs, columns)


def _outline(document: _Document) -> Outline:
    outline = Outline()
    outline.paths = _split(document.paths, len(document.kinds))
    outline.targets = _split(document.targets, len(document.kinds))
    outline.kinds = [_KINDS[letter] for letter in document.kinds]
    outline.modes = [mode & 0o777 for mode in document.modes]
    outline.counts = document.counts
    if len(set(map(len, outline.all))) != 1:
        raise ValueError("columns of different length")
    _check(outline)
    return outline


def _check(outline: Outline) -> None:
    """Raises PathRefused, ValueError."""
    folders, links = {""}, {}
    for path, kind, target in zip(outline.paths, outline.kinds, outline.targets, strict=True):
        check_path(path)
        if kind is Kind.LINK:
            check_link(path, target)
            links[path] = target
        if path.rpartition("/")[0] not in folders:
            raise ValueError("a path that is in no folder")
        if kind is Kind.FOLDER:
            folders.add(path)
    if len(set(outline.paths)) != len(outline.paths):
        raise ValueError("a path that is there twice")
    check_links(links)


def _contents(document: _Document, rest: bytes) -> Contents:
    if document.in_packs or document.offsets or document.lengths:
        raise ValueError("numbers that belong behind the line")
    contents = Contents()
    columns = (contents.packs, contents.offsets, contents.lengths)
    count = len(rest) // (sum(column.itemsize for column in columns) + DIGEST_BYTES)
    start = 0
    for column in columns:
        end = start + count * column.itemsize
        column.frombytes(rest[start:end])
        if sys.byteorder == "big":
            column.byteswap()
        start = end
    contents.digests += rest[start:]
    return contents


def _contents_before(document: _Document, digests: bytes) -> Contents:
    contents = Contents()
    contents.packs.extend(document.in_packs)
    contents.offsets.extend(document.offsets)
    contents.lengths.extend(document.lengths)
    contents.digests += digests
    return contents


def _check_pieces(contents: Contents, sizes: Sequence[int]) -> None:
    """Raises ValueError, IndexError."""
    if len(contents.digests) != DIGEST_BYTES * len(contents):
        raise ValueError("a digest that is cut")
    for pack, offset, length in zip(contents.packs, contents.offsets, contents.lengths, strict=True):
        if pack < 0 or offset < 0 or length <= 0 or offset + length > sizes[pack]:
            raise ValueError("a piece that lies outside its pack")


def _swapped(column: "array[int]") -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _split(joined: str, count: int) -> list[str]:
    return os.fsdecode(joined.encode("latin-1")).split("\0") if count else []
