"""An artifact as a tar file, made while it is sent: nothing is written to a disk, and no more than a pack and a file's piece is in memory."""

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bot.artifacts.columns import Entry
from bot.artifacts.manifest import Manifest
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PackReader
from bot.artifacts.tree import Kind

CHUNK = 1 << 18
"""Bytes that are gathered before they are sent."""


async def tar_of(objects: Objects, space: str, manifest: Manifest) -> AsyncIterator[bytes]:
    """gzip-compressed. Raises ArtifactDamaged, StorageUnavailable; then the file is cut off, and no archiver takes it for whole."""
    chunks = _chunks(objects, space, manifest)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


def _chunks(objects: Objects, space: str, manifest: Manifest) -> Iterator[bytes]:
    buffer = _Buffer()
    packs = _Packs(objects, space, manifest)
    with tarfile.open(fileobj=buffer, mode="w|gz", format=tarfile.PAX_FORMAT) as tar:
        for entry in manifest.entries:
            tar.addfile(_header(entry), _Content(packs, entry) if entry.pieces else None)
            if buffer.length >= CHUNK:
                yield buffer.taken()
    yield buffer.taken()


def _header(entry: Entry) -> tarfile.TarInfo:
    header = tarfile.TarInfo(entry.path)
    header.mode = entry.mode
    header.size = entry.size
    header.type = {Kind.FOLDER: tarfile.DIRTYPE, Kind.LINK: tarfile.SYMTYPE, Kind.FILE: tarfile.REGTYPE}[entry.kind]
    header.linkname = entry.target
    return header


class _Buffer(io.RawIOBase):
    """What the archiver writes, until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    @property
    def length(self) -> int:
        return self._length

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts, self._length = self._parts, [], 0
        return b"".join(parts)


class _Packs:
    """The packs' contents, the newest kept: neighbours in an artifact mostly lie in one."""

    def __init__(self, objects: Objects, space: str, manifest: Manifest) -> None:
        self._reader = PackReader(objects, space)
        self._manifest = manifest
        self._number = -1
        self._content = memoryview(b"")

    def content(self, number: int) -> memoryview:
        if number != self._number:
            self._reader.back(self._content)
            self._content = self._reader.open(self._manifest.packs[number])
            self._number = number
        return self._content


class _Content(io.RawIOBase):
    """A file's bytes, piece by piece, as the archiver asks for them."""

    def __init__(self, packs: _Packs, entry: Entry) -> None:
        self._packs = packs
        self._pieces = iter(entry.pieces)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts: list[memoryview] = []
        while size > 0:
            if not self._left and (piece := next(self._pieces, None)) is not None:
                whole = self._packs.content(piece.pack)
                self._left = whole[piece.offset : piece.offset + piece.length]
            if not self._left:
                break
            parts.append(self._left[:size])
            self._left = self._left[size:]
            size -= len(parts[-1])
        return b"".join(parts)
