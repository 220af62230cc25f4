"""The Install event: the plan is made, what the last deployment left and this one does not bring goes, then it is carried out (INS-6, A1a).

Each path is written down before it is made, so that whatever a killed installation has left is the next one's to remove. A file that is to be as the last
deployment made it, and as nobody has changed it since, is left as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable
from typing import Any

from bot.targets.agent import permissions
from bot.targets.agent.archive import copy
from bot.targets.agent.failure import Failure
from bot.targets.agent.plan import Plan, plan
from bot.targets.agent.state import LAST, State, line, replace

PART = ".penstock-new"
"""Behind the name of a file that is being written; afterwards it takes its place at once."""


def prepare(state: State, deployment: str, directory: str) -> Plan:
    """What would be installed. Raises Failure."""
    spec = state.spec(deployment)
    made = plan(state.archive(deployment), spec, directory, set(state.cleanup()))
    permissions.match(made, spec["permissions"], directory)
    return made


def install(state: State, deployment: str, directory: str) -> str:
    """Do it, and say in words what was done. Raises Failure, OSError."""
    owned = state.cleanup()
    made = prepare(state, deployment, directory)
    before = state.installed()
    kept = {place for place, source in made.copies.items() if _as_it_was(place, source, before.get(place), made)}
    removed = clean(owned, made)
    with open(state.path("cleanup"), "a", encoding="utf-8", errors="surrogateescape", buffering=1) as listed:
        folders = make_folders(made, lambda place: listed.write(line(place)))
        fresh = [
            place
            for place in made.copies
            if place not in kept and (folders[os.path.dirname(place)] or not os.path.lexists(place))
        ]
        listed.write("".join(map(line, fresh)))  # at once: whoever removes what is not there yet does no harm
        listed.flush()
        listed_already = set(fresh)
        for place, source in made.copies.items():
            if place in kept:
                continue
            if place not in listed_already:
                listed.write(line(place))
            if folders[os.path.dirname(place)]:
                make(source, place, os.lstat(source))  # nobody can have anything of a folder that was made now
            else:
                _place(source, place)
    for place, entry in made.permissions.items():
        if place not in kept:
            permissions.apply(place, entry)
    ours = set(owned)
    state.keep_cleanup([*(place for place in folders if place in ours or folders[place]), *made.copies])
    _remember(state, made, before, kept)
    state.mark(LAST, deployment)
    retained = f", {len(made.retained)} retained" if made.retained else ""
    return f"files: {len(made.copies) - len(kept)} copied, {len(kept)} unchanged, {removed} removed{retained}"


def _signature(place: str) -> list[int]:
    found = os.lstat(place)
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode]


def _origin(source: str) -> list[Any]:
    found = os.lstat(source)
    link = os.readlink(source) if stat.S_ISLNK(found.st_mode) else ""
    return [found.st_size, found.st_mode, link]


def _as_it_was(place: str, source: str, before: Any, made: Plan) -> bool:
    """Installed from just such a file with just such permissions, and untouched since."""
    if before is None or before["permission"] != made.permissions.get(place) or before["origin"] != _origin(source):
        return False
    try:
        if before["signature"] != _signature(place):
            return False
        return _same(source, before["source"])
    except OSError:
        return False


def _same(source: str, earlier: str) -> bool:
    """The very content: the two archives are compared, since a size and a time can be made."""
    if stat.S_ISLNK(os.lstat(source).st_mode):
        return True
    with open(source, "rb") as one, open(earlier, "rb") as other:
        while True:
            data = one.read(1 << 16)
            if data != other.read(1 << 16):
                return False
            if not data:
                return True


def clean(owned: list[str], made: Plan) -> int:
    """INS-7: the last entry first; folders only when they are empty; what is missing is no error."""
    removed = 0
    wanted = {*made.copies, *_with_parents(made.folders)}
    for place in reversed(owned):
        with contextlib.suppress(OSError):
            os.unlink(place + PART)
        if place in wanted:
            _change_kind(place, made)
            continue
        try:
            if stat.S_ISDIR(os.lstat(place).st_mode):
                with contextlib.suppress(OSError):
                    os.rmdir(place)
            else:
                os.unlink(place)
                removed += 1
        except (FileNotFoundError, NotADirectoryError):
            continue
    return removed


def _change_kind(place: str, made: Plan) -> None:
    """A file that becomes a folder, or a folder that becomes a file, goes first."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        folder = stat.S_ISDIR(os.lstat(place).st_mode)
        if folder and place in made.copies:
            os.rmdir(place)
        elif not folder and place not in made.copies:
            os.unlink(place)


def _with_parents(folders: dict[str, str]) -> dict[str, None]:
    """The folders and all above them, outermost first."""
    found: dict[str, None] = {}
    for folder in folders:
        above, place = [], folder
        while place not in ("", "/") and place not in found:
            above.append(place)
            place = os.path.dirname(place)
        found.update(dict.fromkeys(reversed(above)))
    return found


def make_folders(made: Plan, tell: Callable[[str], object] = lambda _: None) -> dict[str, bool]:
    """INS-2, INS-3. For each folder, whether it was made now; `tell` hears of it before."""
    found = {}
    for place in _with_parents(made.folders):
        found[place] = not os.path.isdir(place)
        if found[place]:
            tell(place)
            os.mkdir(place)
            if source := made.folders.get(place):
                os.chmod(place, stat.S_IMODE(os.stat(source).st_mode))
    return found


def _place(source: str, place: str) -> None:
    """INS-3: with mode and time; whoever reads meanwhile has the old file or the new one."""
    part = place + PART
    found = os.lstat(source)
    try:
        make(source, part, found)
    except FileExistsError:  # a killed installation has left it
        os.unlink(part)
        make(source, part, found)
    os.replace(part, place)


def make(source: str, part: str, found: os.stat_result) -> None:
    """A file or link that is not there yet, as `found` in the archive."""
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(source), part)
    elif stat.S_ISREG(found.st_mode):
        copy(source, part, stat.S_IMODE(found.st_mode), found.st_mtime_ns, found.st_size)
    else:
        raise Failure(f"{source} is neither a file nor a folder nor a link")


def _remember(state: State, made: Plan, before: dict[str, Any], kept: set[str]) -> None:
    found = {}
    for place, source in made.copies.items():
        if place in kept:
            found[place] = {**before[place], "source": source}
        else:
            permission = made.permissions.get(place)
            found[place] = {
                "origin": _origin(source),
                "signature": _signature(place),
                "permission": permission,
                "source": source,
            }
    replace(state.path("installed.json"), json.dumps(found), durable=False)
