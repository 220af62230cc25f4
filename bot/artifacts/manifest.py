"""The manifest: what an artifact holds, path by path, and where each piece of it lies. Its bytes, both ways; nothing is stored here.

A pack is an object of the store with many small files in it, or one piece of a large one. A manifest has the key of each
of its packs, so whoever can open the manifest can open what it names, and nothing else.
"""

import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.artifacts.columns import Columns, Contents, Entry, Outline
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


@dataclass(frozen=True)
class Manifest:
    packs: tuple[Pack, ...]
    columns: Columns

    @classmethod
    def of(cls, packs: Sequence[Pack], entries: Iterable[Entry]) -> Self:
        return cls(tuple(packs), Columns.of(entries))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
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
    in_packs: list[int]
    offsets: list[int]
    lengths: list[int]


_KINDS = {kind.value: kind for kind in Kind}


def encode(manifest: Manifest) -> bytes:
    """A line of JSON, then the digests of all pieces."""
    contents = manifest.columns.contents
    head = orjson.dumps(
        {
            "version": _VERSION,
            "packs": [(pack.id, pack.key.hex(), pack.size) for pack in manifest.packs],
            **manifest.columns.outline.written,
            "in_packs": contents.packs.tolist(),
            "offsets": contents.offsets.tolist(),
            "lengths": contents.lengths.tolist(),
        }
    )
    return b"\n".join([head, b"".join(contents.digests)])


def decode(data: bytes) -> Manifest:
    """Whatever is not exactly a manifest raises ArtifactDamaged; a path that leads out, PathRefused."""
    try:
        head, _, digests = data.partition(b"\n")
        document = _Document.model_validate(orjson.loads(head), strict=False)
        return _manifest(document, digests)
    except (ValidationError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise ArtifactDamaged("the artifact's manifest can't be read") from error


def _manifest(document: _Document, digests: bytes) -> Manifest:
    if document.version != _VERSION:
        raise ArtifactDamaged("the artifact was written by another version of Penstock")
    packs = tuple(Pack(name, bytes.fromhex(key), size) for name, key, size in document.packs)
    columns = Columns()
    columns.outline = _outline(document)
    columns.contents = _contents(document, digests, [pack.size for pack in packs])
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


def _contents(document: _Document, digests: bytes, sizes: Sequence[int]) -> Contents:
    contents = Contents()
    contents.digests = [digests[start : start + _DIGEST_BYTES] for start in range(0, len(digests), _DIGEST_BYTES)]
    for digest, pack, offset, length in zip(
        contents.digests, document.in_packs, document.offsets, document.lengths, strict=True
    ):
        if pack < 0 or offset < 0 or length <= 0 or offset + length > sizes[pack] or len(digest) != _DIGEST_BYTES:
            raise ValueError("a piece that lies outside its pack, or a digest that is cut")
    contents.packs = array("i", document.in_packs)
    contents.offsets = array("q", document.offsets)
    contents.lengths = array("q", document.lengths)
    return contents


def _split(joined: str, count: int) -> list[str]:
    return os.fsdecode(joined.encode("latin-1")).split("\0") if count else []
