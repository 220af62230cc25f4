"""An object's bytes as files: an archive is unpacked, anything else is one file. What is in an archive is anybody's choice.

Nothing leaves the folder, nothing becomes larger than is allowed, on the disk or in memory, and no links, devices or owners
are made. Blocking.
"""

import errno
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import IO

from bot.actions.source.expanding import Expanded, TooMuch


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """`size` bytes of an object, and of all that is in it; `files` in it. By themselves CodePipeline's (section 1.2)."""

    size: int = 7 << 30
    files: int = 100_000


USUAL = ArchiveLimits()
LONGEST_ENTRY = 210
"""Bytes of a zip file's list of what is in it that each file has, on the average: all of it is read into memory, and long names take three quarters."""
LARGEST_HEADER = 1 << 20
"""Bytes that a tar file may say of one file, beside its content."""
_LONGEST_END = (1 << 16) + 98
"""Of a zip file: the end's record with the longest comment, and what a large archive has before it."""

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
_NO_PLACE = frozenset([None, errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ, errno.EINVAL])
"""Names that no file system takes, a file where a folder has to be; None: a compressed stream that is none."""


_RAISED = "; whoever operates the bot can raise PENSTOCK_SOURCE_ARCHIVE_FILES"
_ENLARGED = "; whoever operates the bot can raise PENSTOCK_SOURCE_ARCHIVE_SIZE"


class ArchiveRefused(Exception):
    """The archive is not taken; the text says why."""


def unpack(file: Path, name: str, into: Path, limits: ArchiveLimits = USUAL) -> None:
    """Fill the new folder `into` from a file that is called `name`. Raises ArchiveRefused; OSError where the disk fails."""
    into.mkdir(parents=True)
    if not name.lower().endswith(ARCHIVES):
        file.rename(into / (name.rpartition("/")[2] or "object"))
        return
    try:
        _unzip(file, into, limits) if name.lower().endswith(".zip") else _untar(file, into, limits)
    except TooMuch as error:
        raise ArchiveRefused(str(error)) from None
    except _BROKEN as error:
        raise ArchiveRefused(f"{name} can't be unpacked: {type(error).__name__}") from None
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        raise ArchiveRefused(f"{name} can't be unpacked: {error.strerror or type(error).__name__}") from None


def _unzip(file: Path, into: Path, limits: ArchiveLimits) -> None:
    if _directory_size(file) > limits.files * LONGEST_ENTRY:
        raise ArchiveRefused(f"it has more than {limits.files:,} files, or names without end{_RAISED}")
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check(len(members), sum(member.file_size for member in members), limits)
        for member in members:
            # zipfile itself reads no further than the size that was checked.
            with archive.open(member) as source:
                _write(into, member.filename, source, member.external_attr >> 16)


def _directory_size(file: Path) -> int:
    """Of the list of what is in it, as the archive's end tells it, looked for where zipfile does.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.14 to 4.3.16
    """
    with file.open("rb") as archive:
        archive.seek(max(0, file.stat().st_size - _LONGEST_END))
        tail = archive.read()
    plain = tail[-22:]
    at = len(tail) - 22 if plain[:4] == b"PK\5\6" and plain[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if at < 0:
        return 0  # no archive at all, as zipfile will say
    record = tail[max(0, at - 76) : max(0, at - 20)]
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7") and record.startswith(b"PK\6\6"):
        return int.from_bytes(record[40:48], "little")
    return int.from_bytes(tail[at + 12 : at + 16], "little")


def _untar(file: Path, into: Path, limits: ArchiveLimits) -> None:
    files, size = 0, 0
    with Expanded(file, LARGEST_HEADER) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in _members(archive, stream, 2 * limits.files):
            files, size = files + member.isfile(), size + max(0, member.size)
            _check(files, size, limits)
            if member.isfile():
                source = archive.extractfile(member)
                assert source is not None  # noqa: S101  it is a file
                with source:
                    _write(into, member.name, source, member.mode)


def _members(archive: tarfile.TarFile, stream: Expanded, most: int) -> Iterator[tarfile.TarInfo]:
    """One after another. What is said of one is read into memory whole, and so has a limit."""
    skipped = 0
    for _ in range(most):
        stream.allow(LARGEST_HEADER + skipped)
        member = archive.next()
        if member is None:
            return
        stream.allow(None)
        yield member
        skipped = 0 if member.isfile() else max(0, member.size)
    raise ArchiveRefused(f"it has more than {most:,} files, folders and links{_RAISED}")


def _write(into: Path, name: str, source: IO[bytes], mode: int) -> None:
    target = _within(into, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as made:
        shutil.copyfileobj(source, made)
    target.chmod(0o755 if mode & 0o111 else 0o644)  # ART-9


def _check(files: int, size: int, limits: ArchiveLimits) -> None:
    if files > limits.files:
        raise ArchiveRefused(f"it has more than {limits.files:,} files{_RAISED}")
    if size > limits.size:
        raise ArchiveRefused(f"it has more than {limits.size:,} bytes when it is unpacked{_ENLARGED}")


def _within(into: Path, name: str) -> Path:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name or any(part.lower() == ".git" for part in parts):
        raise ArchiveRefused(f"it has a file that may not be called so: {os.fsencode(name)[:80]!r}")
    return into.joinpath(*parts)
