"""Walking through a folder, as far as patterns lead: all that they choose, one row a thing. Nothing is followed, opened or changed here."""

import os
from collections.abc import Iterator, Sequence
from operator import attrgetter
from stat import S_ISDIR

from bot.artifacts.rows import Row, path_of, row
from bot.artifacts.tree import EVERYTHING, unreadable
from bot.model.glob import matches

_WILD = frozenset("*?[{\\")
_NOWHERE = frozenset(["", ".", ".."])
_NAME = attrgetter("name")


def walk(root: str, patterns: Sequence[str] = EVERYTHING) -> Iterator[Row]:
    """What the patterns choose, folders before what is in them, in the order of names.

    A folder is told when it is chosen itself (so that an empty one survives) or holds something chosen. Raises PathRefused.
    """
    return _Walk([_Chooser(pattern) for pattern in patterns]).below(root)


class _Walk:
    """One walk. However deep the folders are, it is one generator; a file costs no call of ours that can be spared."""

    def __init__(self, chosen: Sequence["_Chooser"]) -> None:
        self._chosen = chosen
        self._everything = any(chooser.whole for chooser in chosen)

    def below(self, root: str) -> Iterator[Row]:
        everything = self._everything
        untold: list[Row] = []  # the folders above, the outermost first, that are told once something in them is
        levels = [("", _listing(root, ""))]
        while levels:
            prefix, entries = levels[-1]
            for entry in entries:
                path = prefix + entry.name
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError as error:
                    raise unreadable(path, error) from error
                if S_ISDIR(status.st_mode):
                    untold.append(row(path, entry.path, status))
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
                    yield row(path, entry.path, status)
            else:
                levels.pop()
                _leave(untold, prefix[:-1])

    def _takes(self, path: str) -> bool:
        return any(chooser.takes(path) for chooser in self._chosen)

    def _may_take_below(self, path: str) -> bool:
        return any(chooser.may_take_below(path) for chooser in self._chosen)


def _leave(untold: list[Row], path: str) -> None:
    if untold and path_of(untold[-1]) == path:
        untold.pop()


def _listing(folder: str, path: str) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as listing:
            return iter(sorted(listing, key=_NAME))
    except OSError as error:
        raise unreadable(path or ".", error) from error


class _Chooser:
    """One pattern. Most are a plain folder and all below it, which is decided without the glob's automaton."""

    def __init__(self, pattern: str) -> None:
        folder = plain_folder(pattern)
        self._pattern = pattern
        self.whole = folder == ""
        self._below = f"{folder}/" if folder else ""
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


def plain_folder(pattern: str) -> str | None:
    """The folder that the pattern means, with all that is below it; "" is the root. None where it means anything else."""
    if pattern == "**":
        return ""
    folder = pattern.removesuffix("/**")
    plain = folder != pattern and not _WILD & set(folder) and _NOWHERE.isdisjoint(folder.split("/"))
    return folder if plain and "\0" not in folder else None
