"""The files of an artifact that become objects, and all of them as one zip file. A link counts as the file that it leads to, if that is one of them."""

import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from blake3 import blake3

_OLDEST = (1980, 1, 1, 0, 0, 0)
"""A zip file's first day: the same files make the same zip file."""


class FilesRefused(Exception):
    """A file that can't become an object. The text is safe to show."""


def listed(root: Path) -> tuple[Sequence[str], Sequence[str]]:
    """The files by their paths below the root, in order; and what is left out: links that lead nowhere or out, and what is no file.

    Raises FilesRefused.
    """
    found: list[str] = []
    left: list[str] = []
    inside = f"{os.path.realpath(root)}{os.sep}"
    for path in sorted(_paths(str(root), "")):
        if not path.isprintable():  # what is no UTF-8, too
            raise FilesRefused(f"{path!r} can't be the key of an object: it has characters that cannot be printed")
        real = os.path.realpath(root / path)
        (found if real.startswith(inside) and Path(real).is_file() else left).append(path)
    return found, left


def _paths(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _paths(entry.path, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name


def digest(file: Path) -> str:
    return blake3().update_mmap(file).hexdigest()[:32]


def zipped(root: Path, files: Sequence[str], made: Path) -> None:
    """Compressed, with modes, and otherwise with nothing that differs from one time to the next."""
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in files:
            about = zipfile.ZipInfo(path, _OLDEST)
            about.compress_type = zipfile.ZIP_DEFLATED
            status = (root / path).stat()
            about.external_attr = (status.st_mode & 0xFFFF) << 16
            about.file_size = status.st_size
            with (root / path).open("rb") as read, archive.open(about, "w") as write:
                while data := read.read(1 << 20):
                    write.write(data)
