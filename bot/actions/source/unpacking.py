"""An object's bytes as files: an archive is unpacked, anything else is one file. What is in an archive is anybody's choice.

Nothing leaves the folder, nothing becomes larger than is allowed, and no links, devices or owners are made. Blocking.
"""

import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

LARGEST = 7 << 30
"""Bytes of an object, and of all that is in it (section 1.2)."""
MOST_FILES = 100_000
"""Section 1.2."""

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


class ArchiveRefused(Exception):
    """The archive is not taken; the text says why."""


def unpack(file: Path, name: str, into: Path) -> None:
    """Fill the new folder `into` from a file that is called `name`. Raises ArchiveRefused."""
    into.mkdir(parents=True)
    if not name.lower().endswith(ARCHIVES):
        file.rename(into / (name.rpartition("/")[2] or "object"))
        return
    try:
        _unzip(file, into) if name.lower().endswith(".zip") else _untar(file, into)
    except _BROKEN as error:
        raise ArchiveRefused(f"{name} can't be unpacked: {type(error).__name__}") from None


def _unzip(file: Path, into: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check(len(members), sum(member.file_size for member in members))
        for member in members:
            target = _within(into, member.filename)
            target.parent.mkdir(parents=True, exist_ok=True)
            # zipfile itself reads no further than the size that was checked.
            with archive.open(member) as source, target.open("wb") as made:
                shutil.copyfileobj(source, made)
            mode = member.external_attr >> 16
            target.chmod(0o755 if mode & 0o111 else 0o644)  # ART-9


def _untar(file: Path, into: Path) -> None:
    with tarfile.open(file) as archive:
        files, size = 0, 0
        for member in archive:
            if not member.isfile():
                continue
            files, size = files + 1, size + member.size
            _check(files, size)
            target = _within(into, member.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(member)
            assert source is not None  # noqa: S101  it is a file
            with source, target.open("wb") as made:
                shutil.copyfileobj(source, made)
            target.chmod(0o755 if member.mode & 0o111 else 0o644)


def _check(files: int, size: int) -> None:
    if files > MOST_FILES:
        raise ArchiveRefused(f"it has more than {MOST_FILES} files")
    if size > LARGEST:
        raise ArchiveRefused(f"it is larger than {LARGEST >> 30} GB when it is unpacked")


def _within(into: Path, name: str) -> Path:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name or any(part.lower() == ".git" for part in parts):
        raise ArchiveRefused(f"it has a file that may not be called so: {os.fsencode(name)[:80]!r}")
    return into.joinpath(*parts)
