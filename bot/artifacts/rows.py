"""How one thing in a folder is written down when the folder is listed: its path, and all else that the file system says of it, as one text.

Two listings that have the same text of a file have seen the same file, unchanged: that is what `stamps` relies on. Nothing is read here.
"""

import os
import stat
from functools import cache
from typing import NamedTuple

from bot.artifacts.errors import PathRefused
from bot.artifacts.tree import Kind, check_link, shown, unreadable

Row = str
"""`./` and the path below the root; a zero; the stamp: kind and mode, device, inode, size, time of the last change, a link's target, a space between them.

Rows in order are paths in order, since nothing in a path comes before a zero.
"""

_KINDS = {kind.value: kind for kind in Kind}
_LETTERS = {
    stat.S_IFREG: "f",
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "l",
    stat.S_IFIFO: "p",
    stat.S_IFSOCK: "s",
    stat.S_IFBLK: "b",
    stat.S_IFCHR: "c",
}

FORMAT = r"%p\0%y%m %D %i %s %C@ %l\0\0"
"""A row and two zeros, as GNU find prints it: https://www.gnu.org/software/findutils/manual/html_node/find_html/Format-Directives.html"""


class Found(NamedTuple):
    """What a row says. `mode` are permission bits only: setuid and its like are dropped. `size` is what a file probably has."""

    path: str
    kind: Kind
    mode: int
    size: int
    target: str


def row(path: str, place: str, status: os.stat_result) -> Row:
    """As find would print it. Raises PathRefused."""
    mode, changed = status.st_mode, divmod(status.st_ctime_ns, 1_000_000_000)
    try:
        target = os.readlink(place) if stat.S_ISLNK(mode) else ""  # noqa: PTH115  Path costs more than the rest
    except OSError as error:
        raise unreadable(path, error) from error
    kind = f"{_LETTERS.get(stat.S_IFMT(mode), '?')}{stat.S_IMODE(mode):o}"
    return f"./{path}\0{kind} {status.st_dev} {status.st_ino} {status.st_size} {changed[0]}.{changed[1]:09}0 {target}"


def path_of(row: Row) -> str:
    return row[2 : row.index("\0")]


def is_folder(row: Row) -> bool:
    return row.partition("\0")[2].startswith(Kind.FOLDER)


def found(row: Row) -> Found:
    """Raises PathRefused for what can't be in an artifact."""
    place, _, stamp = row.partition("\0")
    path = place[2:]
    head, _, _, size, _, target = stamp.split(" ", 5)
    kind, mode = _kind_and_mode(head)
    if kind is None:
        raise PathRefused(f"{shown(path)} is neither a file nor a folder nor a link (a device, a pipe or a socket)")
    if kind is Kind.LINK:
        check_link(path, target)
    return Found(path, kind, mode, int(size), target)


@cache
def _kind_and_mode(head: str) -> tuple[Kind | None, int]:
    return _KINDS.get(head[0]), int(head[1:], 8) & 0o777
