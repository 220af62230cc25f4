"""Which files a buildspec means by `base-directory` and `files`, and from which folders they are taken at all (ARF-1, ARF-2, ARF-4).

CodeBuild takes a file from anywhere in the build's machine. Here it is taken from the source, from the build's further inputs
(`$CODEBUILD_SRC_DIR_<id>`), and from where the machine has what is temporary, since buildspecs gather in `/tmp` what they make:
https://docs.aws.amazon.com/codebuild/latest/userguide/sample-multi-in-out.html
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.actions.leading import leads_to
from bot.model.glob import check, matches

TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  nothing is made there

_GLOB = frozenset("*?[]{}\\!")


class NothingCollected(Exception):
    """The artifact can't be made as the buildspec says; the text says why, as CodeBuild does (ARF-10)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file or link that was chosen, by what name, and the folder that no link of it may lead out of."""

    place: Path
    name: str
    within: Path


@dataclass(frozen=True, slots=True)
class Reach:
    """`source` is where relative names begin; `others` are further folders that may be named in full."""

    source: Path
    others: tuple[Path, ...] = ()

    def choose(self, base: str, files: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[Chosen]:
        """What is there of the files, in the order of names, folder by folder. Raises NothingCollected, OSError."""
        for pattern in (*files, *exclude):
            if problem := check(_plain(pattern)):
                raise NothingCollected(f"CLIENT_ERROR: the pattern {pattern} is malformed. {problem}")
        bases = self._bases(base)
        relative = [each for each in files if not each.startswith("/")]
        for folder, within in bases if relative else ():
            for path in chosen(folder, relative, exclude):
                yield Chosen(folder / path, path, within)
        for pattern in files:
            if pattern.startswith("/"):
                yield from self._named_in_full(pattern, exclude, [folder for folder, _ in bases])

    def _bases(self, base: str) -> list[tuple[Path, Path]]:
        """The folder, or all that its glob means, each with what is not to be left. Raises NothingCollected."""
        if not base:
            return [(self.source, self.source.resolve())]
        place = leads_to(self.source / base)
        within = None if place is None or not place.is_dir() else self._within(place, relative=not base.startswith("/"))
        if place is not None and within is not None:
            return [(place, within)]
        folders = [entry.name for entry in sorted(self.source.iterdir()) if entry.is_dir() and not entry.is_symlink()]
        found = [(self.source / name, self.source.resolve()) for name in folders if matches(base, name)]
        if not found:
            places = "the source or a further input" if not self._temporary() else "the source, a further input or /tmp"
            far = f" (files are taken from below {places})" if base.startswith("/") else ""
            raise NothingCollected(f"CLIENT_ERROR: no matching base directory path found for {base}{far}")
        return found

    def _temporary(self) -> bool:
        return any(each in TEMPORARY for each in self.others)

    def _within(self, place: Path, *, relative: bool = False) -> Path | None:
        """The folder of ours that has the place; of what is temporary, the place itself."""
        for root in (self.source, *(() if relative else self.others)):
            if place.is_relative_to(root.resolve()):
                return place if root in TEMPORARY else root.resolve()
        return None

    def _named_in_full(self, pattern: str, exclude: Sequence[str], bases: Sequence[Path]) -> Iterator[Chosen]:
        """Each by its name below the base, else below its input, else below the root of all."""
        folder, rest = _split(pattern)
        place = leads_to(folder)
        within = self._within(place) if place is not None and place.is_dir() else None
        if place is None or within is None:
            return
        inputs = [each for each in (self.source, *self.others) if each not in TEMPORARY]
        root = next(each for each in (*bases, *inputs, Path("/")) if place.is_relative_to(each.resolve()))
        for path in chosen(place, [rest]):
            name = str(place.relative_to(root.resolve()) / path)
            if not any(matches(_plain(each), name) for each in exclude):
                yield Chosen(place / path, name, within)


def _split(pattern: str) -> tuple[Path, str]:
    """The folder that a pattern names without a glob, and what is left of it below."""
    parts = pattern.split("/")
    plain = next((number for number, part in enumerate(parts[:-1]) if _GLOB & set(part)), len(parts) - 1)
    return Path("/".join(parts[:plain]) or "/"), "/".join(parts[plain:])


def chosen(root: Path, patterns: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """The files and links below the root that the patterns choose, in the order of names (ARF-1, ARF-4)."""
    wanted, unwanted = [_plain(each) for each in patterns], [_plain(each) for each in exclude]
    for path in _walk(root) if any(_GLOB & set(each) for each in wanted) else _named(root, wanted):
        if any(matches(each, path) for each in wanted) and not any(matches(each, path) for each in unwanted):
            yield path


def _named(root: Path, names: Sequence[str]) -> Iterator[str]:
    """Those files and links that are there, without a look at all else: in `/tmp` there is much that is nobody's business."""
    for name in sorted({str(Path(each)) for each in names}):
        place = root / name
        if leads_to(place.parent) == root.resolve() / Path(name).parent and (place.is_symlink() or place.is_file()):
            yield name


def _plain(pattern: str) -> str:
    return pattern.removeprefix("./")


def _walk(root: Path) -> Iterator[str]:
    """Files and links in the order of names, without recursion: how deep a build makes folders is its own choice. Raises OSError."""
    waiting = [iter(_entries(root, ""))]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        path, is_folder = found
        if is_folder:
            waiting.append(iter(_entries(root, path)))
        else:
            yield path


def _entries(root: Path, below: str) -> list[tuple[str, bool]]:
    """What is in a folder, and which of it are folders. Devices, pipes and sockets are passed over."""
    with os.scandir(root / below) as listing:
        found = [
            (f"{below}/{entry.name}" if below else entry.name, entry.is_dir(follow_symlinks=False))
            for entry in listing
            if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False) or entry.is_symlink()
        ]
    return sorted(found)
