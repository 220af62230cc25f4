"""A build's artifacts: which files they are, brought together in a folder of their own (section 7)."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.actions.leading import leads_to
from bot.model.buildspec import ArtifactFiles
from bot.model.glob import check, matches


class NothingCollected(Exception):
    """The artifact can't be made as the buildspec says; the text says why, as CodeBuild does (ARF-10)."""


@dataclass(slots=True)
class Collected:
    """How many files, and what was left out or lost on the way, in words."""

    files: int = 0
    warnings: list[str] = field(default_factory=list)


def collect(wanted: ArtifactFiles, source: Path, into: Path) -> Collected:
    """Bring what is wanted from below `source` to `into`, which is made anew here. Raises NothingCollected."""
    try:
        return _collect(wanted, source, into)
    except OSError as error:  # a folder that nobody may read, or one that is nested deeper than any path is long
        raise NothingCollected(f"CLIENT_ERROR: the files can't be read: {error.strerror}") from error


def _collect(wanted: ArtifactFiles, source: Path, into: Path) -> Collected:
    for pattern in (*wanted.files, *wanted.exclude):
        problem = check(_plain(pattern))
        if problem:
            raise NothingCollected(f"CLIENT_ERROR: the pattern {pattern} is malformed. {problem}")
    collected = Collected()
    taken: dict[str, Path] = {}
    for base in _bases(wanted.base, source):
        for path in chosen(base, wanted.files, wanted.exclude):
            _take(wanted, base, path, taken, collected)
    shutil.rmtree(into, ignore_errors=True)  # of a life that was killed over it
    into.mkdir(parents=True)
    for name, place in taken.items():
        collected.files += _bring(place, into / name, source, collected, keep_links=wanted.keep_links)
    if not collected.files:
        where = f" in {wanted.base}" if wanted.base else ""
        raise NothingCollected(
            f"CLIENT_ERROR: no matching artifact paths found: nothing{where} matches {', '.join(wanted.files)}"
        )
    return collected


def chosen(root: Path, patterns: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """The files and links below the root that the patterns choose, in the order of names (ARF-1, ARF-4)."""
    wanted, unwanted = [_plain(each) for each in patterns], [_plain(each) for each in exclude]
    for path in _walk(root, ""):
        if any(matches(each, path) for each in wanted) and not any(matches(each, path) for each in unwanted):
            yield path


def _plain(pattern: str) -> str:
    return pattern.removeprefix("./")


def _walk(root: Path, below: str) -> Iterator[str]:
    """Files and links in the order of names, without recursion: how deep a build makes folders is its own choice. Raises OSError."""
    waiting = [iter(_entries(root, below))]
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


def _bases(base: str, source: Path) -> list[Path]:
    """ARF-2: the folder, or all that its glob means. Raises NothingCollected."""
    if not base:
        return [source]
    place = leads_to(source / base)
    if place is not None and place.is_dir() and place.is_relative_to(source.resolve()):
        return [place]
    folders = [entry.name for entry in sorted(source.iterdir()) if entry.is_dir() and not entry.is_symlink()]
    found = [source / name for name in folders if matches(base, name)]
    if not found:
        raise NothingCollected(f"CLIENT_ERROR: no matching base directory path found for {base}")
    return found


def _take(wanted: ArtifactFiles, base: Path, path: str, taken: dict[str, Path], collected: Collected) -> None:
    name = path.rpartition("/")[2] if wanted.flat else path
    if name in taken and not wanted.flat:
        raise NothingCollected(f"CLIENT_ERROR: {name} is in more than one folder that {wanted.base} means")
    if name in taken:
        collected.warnings.append(f"More than one file is named {name}: the last one is kept (discard-paths).")
    taken[name] = base / path


def _bring(place: Path, to: Path, source: Path, collected: Collected, *, keep_links: bool) -> int:
    """How many files came of it. ARF-5: a link stays one, or becomes what it leads to; one that leads out is dropped."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        link(place, to)
        return 1
    target = leads_to(place)
    if target is None or not target.is_relative_to(source.resolve()):
        collected.warnings.append(
            f"The link {place.relative_to(source)} leads out of the source or nowhere, and is left out."
        )
        return 0
    if keep_links and not place.readlink().is_absolute():
        to.symlink_to(place.readlink())
        return 1
    if target.is_file():
        link(target, to)
        return 1
    if place.is_relative_to(target):
        collected.warnings.append(f"The link {place.relative_to(source)} leads to a folder around it, and is left out.")
        return 0
    inside = [path for path in _walk(target, "") if not (target / path).is_symlink()]
    for path in inside:
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        link(target / path, to / path)
    return len(inside)


def link(place: Path, to: Path) -> None:
    """The same file under another name, which costs nothing; a copy where that can't be."""
    try:
        os.link(place, to, follow_symlinks=False)
    except OSError:
        shutil.copy2(place, to, follow_symlinks=False)
