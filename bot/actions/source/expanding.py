"""A compressed file as a stream of what is in it, forward only, with bounds. Which archive it is does not matter here."""

import bz2
import gzip
import io
import lzma
from pathlib import Path
from typing import IO, Any

CHUNK = 1 << 18
XZ_MEMORY = 128 << 20
"""Bytes that decompressing may take: what `xz -9` needs is 65 MB."""


class TooMuch(Exception):
    """There is more of something than any archive made in earnest has; the text says of what."""


class Expanded(io.RawIOBase):
    """Gives out what the file holds, decompressed by its first bytes. Raises what the decompressors do, and TooMuch."""

    def __init__(self, file: Path, allowed: int | None = None) -> None:
        """`allowed`: as `allow`, for a beginning."""
        with file.open("rb") as opened:
            start = opened.read(6)
        self._inner: IO[bytes] = _opened(file, start)
        self._allowed = allowed

    def allow(self, size: int | None) -> None:
        """No more than so many bytes are to be given out from now on. None: as many as there are."""
        self._allowed = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._inner.read(size)
        if self._allowed is not None:
            self._allowed -= len(found)
            if self._allowed < 0:
                raise TooMuch("it says more of one of its files than any archive has to")
        return found

    def close(self) -> None:
        self._inner.close()
        super().close()


def _opened(file: Path, start: bytes) -> Any:
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(file)
    if start.startswith(b"BZh"):
        return bz2.open(file)
    if start == b"\xfd7zXZ\0":
        return _Xz(file)
    return file.open("rb")


class _Xz(io.RawIOBase):
    """Python's own reader knows no limit of memory, and a file may ask for gigabytes. Streams may follow one another."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb")
        self._decompressor = _decompressor()

    def read(self, size: int = -1) -> bytes:
        while True:
            decompressor = self._decompressor
            data = self._file.read(CHUNK) if decompressor.needs_input else b""
            if decompressor.eof:
                data = (decompressor.unused_data or self._file.read(CHUNK)).lstrip(b"\0")  # padding between streams
                if not data:
                    return b""
                decompressor = self._decompressor = _decompressor()
            elif decompressor.needs_input and not data:
                raise EOFError("the file is cut off")
            if found := decompressor.decompress(data, size):
                return found

    def close(self) -> None:
        self._file.close()
        super().close()


def _decompressor() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
