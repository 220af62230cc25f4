"""What an installation would do, found out before anything is touched (INS-1 to INS-5, INS-8, A1a): copies, folders, permissions.

Judged against the target as it will be once the last deployment's files are gone, so that a refused deployment leaves them in place.
"""

from __future__ import annotations

import os
import stat
from typing import Any

from bot.targets.agent.failure import Failure

MOST = 1_000_000


class Plan:
    """`copies` has, by destination, the source in the archive; `folders` those to be made, outermost first; `retained` what was left alone."""

    def __init__(self) -> None:
        self.copies: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.retained: list[str] = []
        self.permissions: dict[str, dict[str, Any]] = {}


def plan(archive: str, spec: dict[str, Any], directory: str, owned: set[str]) -> Plan:
    """`owned` are the paths that earlier deployments installed. Raises Failure for whatever can't be done."""
    made = Plan()
    root = os.path.realpath(archive)
    for source, destination in spec["files"]:
        _add(made, root, os.path.join(root, source) if source else root, directory + destination)
    _judge(made, spec["existing"], owned)
    return made


def _add(made: Plan, root: str, source: str, destination: str) -> None:
    shown = os.path.relpath(source, root)
    if not os.path.lexists(source):
        raise Failure(f"the bundle has no {shown}, which `files` names as a source")
    if source != root:
        _inside(root, os.path.dirname(source), shown)
    _folder(made, destination, "")
    if os.path.isdir(source):
        _contents(made, root, source, destination, ())
    else:
        _file(made, source, os.path.join(destination, os.path.basename(source)))


def _contents(made: Plan, root: str, source: str, destination: str, above: tuple[str, ...]) -> None:
    """A folder's contents. A link to a folder is followed (INS-3), but never out of the bundle, nor round in circles."""
    real = _inside(root, source, os.path.relpath(source, root))
    if real in above:
        raise Failure(f"the link {os.path.relpath(source, root)} in the bundle leads to a folder that it is in itself")
    with os.scandir(source) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        place = os.path.join(destination, entry.name)
        if entry.is_dir():
            _folder(made, place, entry.path)
            _contents(made, root, entry.path, place, (*above, real))
        else:
            _file(made, entry.path, place)
    if len(made.copies) > MOST:
        raise Failure(f"the bundle has more than {MOST} files to install")


def _inside(root: str, path: str, shown: str) -> str:
    real = os.path.realpath(path)
    if real != root and not real.startswith(root + os.sep):
        raise Failure(f"{shown} leads out of the bundle: deploy files, and no links to other places")
    return real


def _folder(made: Plan, place: str, source: str) -> None:
    if place in made.copies:
        raise Failure(f"{place} would be a file and a folder: `files` names it twice")
    made.folders.setdefault(place, source)


def _file(made: Plan, source: str, place: str) -> None:
    if place in made.copies:
        raise Failure(f"{place} would be installed twice: from {source} and from {made.copies[place]}")
    if place in made.folders:
        raise Failure(f"{place} would be a file and a folder: `files` names it twice")
    made.copies[place] = source


def _judge(made: Plan, existing: str, owned: set[str]) -> None:
    """INS-8, and folders where files are to be, or the reverse."""
    for place in made.folders:
        _room_for_folder(place, owned)
    absent = {place for place in made.folders if not os.path.lexists(place)}  # whose files need not be looked for
    for place in list(made.copies):
        if place in owned or os.path.dirname(place) in absent:
            continue
        try:
            there = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISDIR(there.st_mode):
            raise Failure(f"{place} is a folder there, and is to be a file: remove it first")
        if existing == "RETAIN":
            made.retained.append(place)
            del made.copies[place]
        elif existing != "OVERWRITE":
            remedy = "remove it, or set `file_exists_behavior` to OVERWRITE or RETAIN"
            raise Failure(f"{place} is there already, and no deployment of this group has put it there: {remedy}")


def _room_for_folder(place: str, owned: set[str]) -> None:
    while place not in ("", "/"):
        try:
            there = os.stat(place)
        except OSError:
            there = None
        if there is not None:
            if not stat.S_ISDIR(there.st_mode) and place not in owned:
                raise Failure(f"{place} is a file there, and is to be a folder: remove it first")
            return
        place = os.path.dirname(place)
