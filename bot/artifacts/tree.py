"""Reading a folder: what is in it, which of it is chosen, and what is refused. Nothing is followed, opened or changed here."""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from operator import attrgetter
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import NamedTuple

from bot.artifacts.errors import PathRefused
from bot.model.glob import matches

EVERYTHING = ("**",)
_WILD = frozenset("*?[{\\")
_NOWHERE = frozenset(["", ".", ".."])
_NAME = attrgetter("name")


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class Found(NamedTuple):
    """One thing below the root. `path` is relative, with `/`. `mode` are permission bits only: setuid and its like are dropped."""

    path: str
    kind: Kind
    mode: int
    target: str = ""
    status: os.stat_result | None = None


def walk(root: str, patterns: Sequence[str] = EVERYTHING) -> Iterator[Found]:
    """What the patterns choose, folders before what is in them, in the order of names.

    A folder is told when it is chosen itself (so that an empty one survives) or holds something chosen. Raises PathRefused.
    """
    return _Walk([_Chooser(pattern) for pattern in patterns]).below(root)


class _Walk:
    """One walk. However deep the folders are, it is one generator; a file costs no call of ours that can be spared."""

    def __init__(self, chosen: Sequence["_Chooser"]) -> None:
        self._chosen = chosen
        self._everything = any(chooser.whole for chooser in chosen)

    def below(self, root: str) -> Iterator[Found]:
        everything = self._everything
        untold: list[Found] = []  # the folders above, the outermost first, that are told once something in them is
        levels = [("", _listing(root, ""))]
        while levels:
            prefix, entries = levels[-1]
            for entry in entries:
                path = prefix + entry.name
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError as error:
                    raise unreadable(path, error) from error
                mode = status.st_mode
                if S_ISDIR(mode):
                    untold.append(Found(path, Kind.FOLDER, mode & 0o777))
                    if everything or self._takes(path):
                        yield from untold
                        untold.clear()
                    if everything or self._may_take_below(path):
                        levels.append((f"{path}/", _listing(entry.path, path)))
                        break
                    _leave(untold, path)
                elif everything or self._takes(path):
                    if untold:
                        yield from untold
                        untold.clear()
                    yield (
                        Found(path, Kind.FILE, mode & 0o777, "", status) if S_ISREG(mode) else _other(entry, path, mode)
                    )
            else:
                levels.pop()
                _leave(untold, prefix[:-1])

    def _takes(self, path: str) -> bool:
        return any(chooser.takes(path) for chooser in self._chosen)

    def _may_take_below(self, path: str) -> bool:
        return any(chooser.may_take_below(path) for chooser in self._chosen)


def _leave(untold: list[Found], path: str) -> None:
    if untold and untold[-1].path == path:
        untold.pop()


def _listing(folder: str, path: str) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as listing:
            return iter(sorted(listing, key=_NAME))
    except OSError as error:
        raise unreadable(path or ".", error) from error


def unreadable(path: str, error: OSError) -> PathRefused:
    """It is closed to us, has gone meanwhile, or is nested deeper than any path is long."""
    return PathRefused(f"{shown(path)} can't be read: {error.strerror}")


def _other(entry: "os.DirEntry[str]", path: str, mode: int) -> Found:
    if S_ISLNK(mode):
        try:
            target = os.readlink(entry.path)  # noqa: PTH115  Path costs more than the rest
        except OSError as error:
            raise unreadable(path, error) from error
        check_link(path, target)
        return Found(path, Kind.LINK, mode & 0o777, target)
    raise PathRefused(f"{shown(path)} is neither a file nor a folder nor a link (a device, a pipe or a socket)")


class _Chooser:
    """One pattern. Most are a plain folder and all below it, which is decided without the glob's automaton."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        plain = pattern.partition("/**")[0] if pattern.endswith("/**") else None
        self.whole = pattern == "**"
        self._below = f"{plain}/" if plain is not None and not _WILD & set(plain) else ""
        self._start = _plain_start(pattern)

    def takes(self, path: str) -> bool:
        return path.startswith(self._below) if self._below else matches(self._pattern, path)

    def may_take_below(self, folder: str) -> bool:
        """Whether something in the folder could match, by the part of the pattern that is no pattern."""
        inside = f"{folder}/"
        return inside.startswith(self._start) or self._start.startswith(inside)


def _plain_start(pattern: str) -> str:
    for index, char in enumerate(pattern):
        if char in _WILD:
            return pattern[:index]
    return pattern


def check_path(path: str) -> None:
    """Raises PathRefused for a path that does not lie below a root. For paths that somebody else has written."""
    if "\0" in path or not _NOWHERE.isdisjoint(path.split("/")):
        raise PathRefused(f"{shown(path)} would lead out of its folder")


def check_link(path: str, target: str) -> None:
    """Raises PathRefused for a link that leads out of the root, which is where its path begins."""
    depth = path.count("/")
    if not target or target.startswith("/") or "\0" in target:
        raise PathRefused(f"the link {shown(path)} leads out of its folder, to {shown(target)}")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            raise PathRefused(f"the link {shown(path)} leads out of its folder, to {shown(target)}")


def shown(path: str) -> str:
    """The path as a person can read it, whatever bytes or control characters are in it."""
    return repr(path) if not path.isprintable() else path
