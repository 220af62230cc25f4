"""`penstock backup`: what the bot keeps and nobody could make again, as a tar file, while the bot runs or not. To unpack it is to restore it.

What is written meanwhile is in it or is not, and nothing in it misses what it names: the databases come first, each as it is at one moment, since
all else is on the disk before a database names it; and of a Git repository first what names objects.
"""

import fcntl
import os
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.engine import make_url

from bot.cli.data_folder import LOCK, load_as_its_user
from bot.settings import Settings
from bot.stores.snapshot import snapshot

COPY = "penstock.db-copy"
"""Each database in turn, beside the bot's; one that a killed backup has left is written over by the next."""

REMADE = {"branches", "builds", "deployments", "mirrors", "work", LOCK, "penstock.db-reserve", "lost+found"}
"""What the bot makes anew, in the data folder: from its hosts, and for what runs. Not `jobs`, by which it knows what has begun already. `lost+found` is the file system's."""

_FIRST = ("HEAD", "refs")
_LAST = ("packed-refs", "objects", "pack")
"""Of a Git repository: a ref is written before it is packed, an object before a ref names it, and before it is packed, too."""


@click.command()
def backup() -> None:
    """Save what the bot keeps as a tar file, while it runs or not.

    It goes to standard output: penstock backup > penstock.tar

    In it are the databases, the keys, the artifacts, the logs, and what the embedded Git host has. Whoever reads it reads all of these.
    Unpacked into an empty data folder it is that of a bot which was killed when the backup was made.
    """
    if sys.stdout.isatty():
        raise click.UsageError("A backup is a tar file, and no terminal shows one: penstock backup > penstock.tar")
    settings = load_as_its_user()
    data = settings.data_dir.absolute()
    if not data.is_dir():
        raise click.UsageError(f"There is no data folder {data}: PENSTOCK_DATA_DIR names another.")
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        written = _write(tar, data, Path(make_url(settings.database).database or ""))
    sys.stdout.flush()
    click.echo(f"Saved {written} files of {data}.", err=True)
    for words in _elsewhere(settings):
        click.echo(f"Not in it: {words}", err=True)


def _elsewhere(settings: Settings) -> Iterator[str]:
    if settings.master_key is not None or settings.master_key_file is not None:
        yield "the master key, which the settings have. Without it no secret and no artifact opens."
    if settings.artifacts_url:
        yield "the artifacts, which are where PENSTOCK_ARTIFACTS_URL says."


def _write(tar: tarfile.TarFile, data: Path, database: Path) -> int:
    databases = {name: place for name, place in _databases(data, database).items() if place.is_file()}
    for name, place in databases.items():
        with _copied(place, data / COPY) as copy:
            _add(tar, copy, name)
    tar.addfile(tar.gettarinfo(data, "."))  # so that whose the folder is, a new volume's, say, is restored, too
    passed = {
        f"{name}{more}" for name in ("penstock.db", "host/host.db", COPY) for more in ("", "-wal", "-shm", "-journal")
    }
    return len(databases) + _add_folder(tar, data, "", REMADE | passed)


def _databases(data: Path, database: Path) -> dict[str, Path]:
    """By their names in the tar file; what comes later may be ahead of what came before, as a host may be of what the bot has heard of it."""
    return {"penstock.db": database.absolute(), "host/host.db": data / "host/host.db"}


@contextmanager
def _copied(database: Path, place: Path) -> Iterator[BinaryIO]:
    """Raises StoreUnavailable."""
    with os.fdopen(os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb") as copy:
        try:
            fcntl.flock(copy, fcntl.LOCK_EX | fcntl.LOCK_NB)
            theirs = os.fstat(copy.fileno()).st_nlink == 0  # another has ended since it was opened
        except BlockingIOError:
            theirs = True
        if theirs:
            raise click.UsageError("Another backup is being made: wait for its end.")
        os.ftruncate(copy.fileno(), 0)
        try:
            snapshot(database, place)
            yield copy
        finally:
            place.unlink(missing_ok=True)


def _add_folder(tar: tarfile.TarFile, folder: Path, name: str, passed: set[str]) -> int:
    """How many files were written. What vanishes while it is gone through may have been put elsewhere in the folder: then that is looked at again."""
    done: set[str] = set()
    count, vanished = 0, True
    while vanished:
        vanished = False
        found = {path.name: path for path in folder.iterdir() if path.name not in done}
        if "refs" in found:
            found["packed-refs"] = folder / "packed-refs"  # there in a moment, where it is not yet
        for entry in sorted(found, key=_order):
            done.add(entry)
            inner = f"{name}/{entry}" if name else entry
            if inner in passed:
                continue
            try:
                count += _add_entry(tar, found[entry], inner, passed)
            except FileNotFoundError:
                vanished = True
    return count


def _order(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return (0, name)
    return (2 + _LAST.index(name), "") if name in _LAST else (1, name)


def _add_entry(tar: tarfile.TarFile, path: Path, name: str, passed: set[str]) -> int:
    if path.is_dir() and not path.is_symlink():
        tar.addfile(tar.gettarinfo(path, name))
        return _add_folder(tar, path, name, passed)
    if not path.is_symlink() and path.is_file():
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            _add(tar, file, name)
        return 1
    if path.is_symlink():
        tar.addfile(tar.gettarinfo(path, name))
    else:
        path.lstat()  # which a socket passes, and what is there no more does not
    return 0


def _add(tar: tarfile.TarFile, file: BinaryIO, name: str) -> None:
    info = tar.gettarinfo(arcname=name, fileobj=file)
    info.type, info.linkname = tarfile.REGTYPE, ""  # each for itself, however many names a file has
    info.size = os.fstat(file.fileno()).st_size
    tar.addfile(info, _Steady(file, info.size))


class _Steady:
    """As many bytes of a file as it had at first: what is appended meanwhile is left out, what is cut off meanwhile are zeros."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, count: int = -1, /) -> bytes:
        wanted = min(count, self._left) if count >= 0 else self._left
        self._left -= wanted
        return self._file.read(wanted).ljust(wanted, b"\0")
