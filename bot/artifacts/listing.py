"""A folder's rows, all that patterns choose of it: by GNU find where that is there and the folder is large, else by our own walk.

find is another process, which works while we do; our own walk holds up everything else that the interpreter does. What find
can't say without an error is walked here, where the error has a name.
"""

import os
import select
import shutil
import subprocess
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import accumulate, chain, islice, zip_longest
from stat import S_ISDIR

from bot.artifacts.errors import NothingMatched, TooMuch
from bot.artifacts.rows import FORMAT, Row, is_folder, path_of, row
from bot.artifacts.tree import EVERYTHING
from bot.artifacts.walking import plain_folder, walk

MOST_ENTRIES = 500_000
"""Files and folders, unless the settings say otherwise: each takes some 400 bytes of memory while it is packed."""

LONGEST_NAME = 134
"""Bytes of a path, and of what a link leads to, that there is room for on the average: 64 MB of so many."""

_STAMP = 30
"""Characters of a row, at least, beside its path and what a link leads to."""

_FEW = 100
"""What is walked in less time than a process takes to start."""

_CHUNK = 1 << 20
_GATHERING = 5
"""Milliseconds in which find prints an eighth of what the pipe holds."""

_AT_ONCE = 2
_MOST_NAMED = 400
"""Names that a command has room for, however long they are."""

_LONGEST = 500
"""Characters of a row whose path surely leads there: the kernel takes 4,095 bytes, the root's own among them."""


class _Complained(Exception):
    """find has met something that it could not read, or has read deeper than any path leads."""


def listed(
    root: str, patterns: Sequence[str] = EVERYTHING, only: Collection[str] | None = None, most: int = MOST_ENTRIES
) -> list[Row]:
    """In the order of paths, so that a folder comes before what is in it. Of what the patterns choose, these paths `only`; `most` files and folders.

    Raises PathRefused, NothingMatched, TooMuch.
    """
    rows = _listed(root, patterns, most)
    if only is not None:
        wanted = {*only, *(above for path in only for above in _above(path))}
        rows = [row for row in rows if path_of(row) in wanted]
    if all(map(is_folder, rows)):
        raise NothingMatched(f"no file matches {', '.join(patterns)}")
    return rows


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _listed(root: str, patterns: Sequence[str], most: int) -> list[Row]:
    walked = walk(root, patterns)
    few = list(islice(walked, _FEW))
    folders = _plain(patterns)
    if len(few) == _FEW and folders is not None and _has_find():
        try:
            return _found(root, folders, most)
        except _Complained:
            pass
    return sorted(_limited(chain([few], ([each] for each in walked)), most))


def _limited(batches: Iterable[Sequence[Row]], most: int) -> list[Row]:
    rows: list[Row] = []
    names = 0
    for batch in batches:
        rows += batch
        names += sum(map(len, batch))
        if len(rows) > most or names - _STAMP * len(rows) > most * LONGEST_NAME:
            raise TooMuch(most, most * LONGEST_NAME)
    return rows


def _plain(patterns: Sequence[str]) -> list[str] | None:
    """The folders that the patterns mean with all that is below them, none inside another; None where they mean anything else."""
    outermost: list[str] = []
    for pattern in sorted(patterns):
        folder = plain_folder(pattern)
        if folder is None:
            return None
        if not any(not other or f"{folder}/".startswith(f"{other}/") for other in outermost):
            outermost.append(folder)
    return outermost


@cache
def _has_find() -> bool:
    """Others print nothing of what is asked here."""
    find = shutil.which("find")
    try:
        told = subprocess.run([find, "--version"], capture_output=True, check=False).stdout if find else b""
    except OSError:
        return False
    return b"GNU findutils" in told


def _found(root: str, folders: Sequence[str], most: int) -> list[Row]:
    """All below these folders, and the folders on the way to them. Raises _Complained, TooMuch."""
    ways = {folder: way for folder in folders if (way := _way_to(root, folder)) is not None}
    rows = sorted(_limited(_by_find(root, list(ways)), most)) if ways else []
    above: set[Row] = set()
    for folder, way in ways.items():
        place = bisect_left(rows, f"./{folder}/")
        if way and place < len(rows) and rows[place].startswith(f"./{folder}/"):
            above |= way
    return sorted([*above, *rows]) if above else rows


def _way_to(root: str, folder: str) -> set[Row] | None:
    """It and the folders above it; None where it is none, or lies behind a link."""
    way: set[Row] = set()
    for path in accumulate(folder.split("/"), "{}/{}".format) if folder else ():
        place = f"{root}/{path}"
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise _Complained from error
        if not S_ISDIR(status.st_mode):
            return None
        way.add(row(path, place, status))
    return way


def _by_find(root: str, folders: Sequence[str]) -> Iterator[Sequence[Row]]:
    """What is below the folders. Raises _Complained."""
    with ExitStack() as stack:
        finds = [stack.enter_context(_find(root, words)) for words in _shares(root, folders)]
        for batches in zip_longest(*map(_rows, finds), fillvalue=()):
            yield from batches


def _shares(root: str, folders: Sequence[str]) -> list[list[str]]:
    """What several at once are to list, which takes half the time on two cores; one lists all where there is too much to name, or too little."""
    try:
        inside = [
            f"./{folder}/{name}" if folder else f"./{name}"
            for folder in folders
            for name in os.listdir(f"{root}/{folder}")  # noqa: PTH208  its names alone are wanted
        ]
    except OSError as error:
        raise _Complained from error
    if _AT_ONCE <= len(inside) <= _MOST_NAMED:
        return [inside[share::_AT_ONCE] for share in range(_AT_ONCE)]
    return [[*(f"./{folder}" if folder else "." for folder in folders), "-mindepth", "1"]]


@contextmanager
def _find(root: str, words: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """One that has begun. Raises _Complained in the end."""
    try:
        process = subprocess.Popen(
            ["find", "-P", *words, "-printf", FORMAT],
            cwd=root,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # nothing else of ours is its business
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=_CHUNK,
        )
    except OSError as error:
        raise _Complained from error
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise _Complained


def _rows(process: "subprocess.Popen[bytes]") -> Iterator[Sequence[Row]]:
    """As FORMAT has them. Read in large chunks: each wake-up of ours takes time from the process."""
    assert process.stdout is not None  # noqa: S101  it is a pipe
    printed = process.stdout.fileno()
    left = b""
    with _end_of(process) as end:
        while chunk := _after(end, printed):
            whole, found, left = (left + chunk).rpartition(b"\0\0")
            if found:
                rows = os.fsdecode(whole).split("\0\0")
                if max(map(len, rows)) > _LONGEST:
                    raise _Complained
                yield rows
    if left:
        raise _Complained


def _after(end: select.poll, printed: int) -> bytes:
    """What there is when the process has ended, or some of it has gathered."""
    end.poll(_GATHERING)
    return os.read(printed, _CHUNK)


@contextmanager
def _end_of(process: "subprocess.Popen[bytes]") -> Iterator[select.poll]:
    """Polled, it waits for the process to end; where the kernel does not tell (before Linux 5.3), just so long."""
    poll = select.poll()
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        yield poll
        return
    try:
        poll.register(descriptor, select.POLLIN)
        yield poll
    finally:
        os.close(descriptor)
