"""A build's artifacts: which files they are, brought together in a folder of their own (section 7)."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.actions.building.reach import Chosen, NothingCollected, Reach, chosen
from bot.actions.leading import leads_to
from bot.model.buildspec import ArtifactFiles


@dataclass(slots=True)
class Collected:
    """How many files, and what was left out or lost on the way, in words."""

    files: int = 0
    warnings: list[str] = field(default_factory=list)


def collect(wanted: ArtifactFiles, reach: Reach, into: Path) -> Collected:
    """Bring what is wanted from where it may be to `into`, which is made anew here. Raises NothingCollected."""
    try:
        return _collect(wanted, reach, into)
    except OSError as error:  # a folder that nobody may read, or one that is nested deeper than any path is long
        raise NothingCollected(f"CLIENT_ERROR: the files can't be read: {error.strerror}") from error


def _collect(wanted: ArtifactFiles, reach: Reach, into: Path) -> Collected:
    collected = Collected()
    taken: dict[str, Chosen] = {}
    for found in reach.choose(wanted.base, wanted.files, wanted.exclude):
        _take(wanted, found, taken, collected)
    shutil.rmtree(into, ignore_errors=True)  # of a life that was killed over it
    into.mkdir(parents=True)
    for name, found in taken.items():
        collected.files += _bring(found, into / name, collected, keep_links=wanted.keep_links)
    if not collected.files:
        where = f" in {wanted.base}" if wanted.base else ""
        raise NothingCollected(
            f"CLIENT_ERROR: no matching artifact paths found: nothing{where} matches {', '.join(wanted.files)}"
        )
    return collected


def _take(wanted: ArtifactFiles, found: Chosen, taken: dict[str, Chosen], collected: Collected) -> None:
    name = found.name.rpartition("/")[2] if wanted.flat else found.name
    if name in taken and taken[name].place == found.place:
        return
    if name in taken and not wanted.flat:
        raise NothingCollected(f"CLIENT_ERROR: {name} is in more than one folder that {wanted.base} means")
    if name in taken:
        collected.warnings.append(f"More than one file is named {name}: the last one is kept (discard-paths).")
    taken[name] = found


def _bring(found: Chosen, to: Path, collected: Collected, *, keep_links: bool) -> int:
    """How many files came of it. ARF-5: a link stays one, or becomes what it leads to; one that leads out is dropped."""
    place = found.place
    to.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        link(place, to)
        return 1
    target = leads_to(place)
    if target is None or not target.is_relative_to(found.within):
        collected.warnings.append(f"The link {found.name} leads out of the source or nowhere, and is left out.")
        return 0
    if keep_links and not place.readlink().is_absolute():
        to.symlink_to(place.readlink())
        return 1
    if target.is_file():
        link(target, to)
        return 1
    if place.is_relative_to(target):
        collected.warnings.append(f"The link {found.name} leads to a folder around it, and is left out.")
        return 0
    inside = [path for path in chosen(target, ["**"]) if not (target / path).is_symlink()]
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
