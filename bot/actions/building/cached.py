"""The files of a build's cache: which those are that its paths mean, and how they come back to their places (CAC-2)."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.actions.building.reach import chosen

HOME = "/root/"
"""CodeBuild's home: paths below it are below the build's own home here."""

_BASES = ("source", "home")
"""The folders of a build that a cache has files of."""


def cached(patterns: Sequence[str], folder: Path) -> frozenset[str]:
    """The paths of the files and links below the build's folder that are kept. Raises OSError."""
    return frozenset(f"{base}/{path}" for base, below in map(_place, patterns) for path in _found(folder / base, below))


def within(patterns: Sequence[str]) -> list[str]:
    """Patterns that choose all of these, and may choose more."""
    places = [f"{base}/{_trimmed(below)}" for base, below in map(_place, patterns)]
    return [*places, *(f"{place}/**" for place in places)]


def _place(pattern: str) -> tuple[str, str]:
    plain = _plain(pattern)
    return ("home", plain[len(HOME) :]) if plain.startswith(HOME) else ("source", plain)


def _plain(pattern: str) -> str:
    """Without the variables that name a folder of a build; what others mean is known to its shell alone."""
    for name, folder in (("CODEBUILD_SRC_DIR", ""), ("HOME", HOME)):
        for written in (f"${name}/", f"${{{name}}}/"):
            if pattern.startswith(written):
                return folder + pattern.removeprefix(written)
    return HOME + pattern[2:] if pattern.startswith("~/") else pattern


def _trimmed(pattern: str) -> str:
    return pattern.removeprefix("./").rstrip("/")


def _found(root: Path, pattern: str) -> Iterator[str]:
    """A folder's name means all that is in it. Links that lead out of the folder are left out, and the repository's own `.git`."""
    if pattern.startswith("/"):
        return
    plain = _trimmed(pattern)
    patterns = (plain, f"{plain}/**") if (root / plain).is_dir() else (plain,)
    for path in chosen(root, patterns, (".git/**",)):
        if not os.path.islink(f"{root}/{path}") or _stays_inside(root / path, root.resolve()):  # noqa: PTH114  many
            yield path


def _stays_inside(link: Path, root: Path) -> bool:
    target = link.readlink()
    return not target.is_absolute() and _is_inside(link.parent / target, root)


def _is_inside(path: Path, root: Path) -> bool:
    """What need not be there yet. A link that leads to itself is nowhere."""
    try:
        return path.resolve().is_relative_to(root)
    except RuntimeError:
        return False


def move(made: Path, folder: Path) -> None:
    """Into place, over what the commit brought; never through a link of the commit's that leads elsewhere. Raises OSError.

    A folder that is not there yet is moved as one, whatever is in it: its files stay what they are to the file system, so that
    the store need not read them when they are kept again.
    """
    for base in _BASES:
        if (made / base).is_dir():
            (folder / base).mkdir(exist_ok=True)
            _merge(made / base, folder / base, (folder / base).resolve())
    shutil.rmtree(made, ignore_errors=True)


def _merge(made: Path, there: Path, root: Path) -> None:
    """Without recursion: how deep a build makes folders is its own choice."""
    waiting = [(made, there)]
    while waiting:
        come, goes = waiting.pop()
        for entry in list(come.iterdir()):
            target = goes / entry.name
            if entry.is_dir() and not entry.is_symlink():
                entry.chmod(entry.stat().st_mode | 0o700)  # else nothing could be moved out of it, nor it itself
                if not os.path.lexists(target):
                    entry.rename(target)
                elif target.is_dir() and _is_inside(target, root):
                    waiting.append((entry, target))
            elif target.is_symlink() or not target.is_dir():
                entry.replace(target)
