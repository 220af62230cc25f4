"""Release folders: `<path>/releases/<release>` is filled, then `<path>/current`, a link, is switched to it at once; the last ones stay.

The switch is the end of AfterInstall: its scripts finish the new release while the old one still runs, and what ApplicationStart starts is the new one. A rollback
to a release that is still there copies nothing: its Install is the switch. `releases.json` in the group's folder has the releases that this group has made here,
each with whether it is whole: it says so before anything leads to it, and says so no more before it goes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from typing import Any

from bot.targets.agent import permissions
from bot.targets.agent.failure import Failure
from bot.targets.agent.install import clean, make, make_folders
from bot.targets.agent.plan import Plan, plan
from bot.targets.agent.state import LAST, State, replace

PART = ".penstock-new"
"""Behind the name of what is being made; afterwards it takes its place at once."""


class Release:
    """One release of a group. `root` has `current`, `releases` and `shared`."""

    def __init__(self, state: State, spec: dict[str, Any], directory: str) -> None:
        told = spec["releases"]
        self._state = state
        self._root = directory + told["path"]
        self._keep: int = told["keep"]
        self._shared: list[str] = told["shared"]
        self._never: list[str] = told["never"]
        self._existing = spec["existing"]
        self.name: str = told["release"]
        self.folder = os.path.join(self._root, "releases", self.name)
        self._current = os.path.join(self._root, "current")

    @property
    def whole(self) -> bool:
        return self._known().get(self.name, False) and os.path.isdir(self.folder)

    def begin(self) -> None:
        """Raises Failure where it can't be made. What a killed deployment has left of it goes."""
        now = self._leads_to()
        known = self._known()
        if now and now not in (f"releases/{name}" for name in known) and self._existing != "OVERWRITE":
            remedy = "remove it, or set `file_exists_behavior` to OVERWRITE"
            raise Failure(f"{self._current} leads to {now}, which no deployment of this group has made: {remedy}")
        if self.whole:
            return
        if os.path.lexists(self.folder):
            if self.name not in known or now == f"releases/{self.name}":
                raise Failure(f"{self.folder} is there already, and nobody knows whether it is whole: move it away")
            shutil.rmtree(self.folder)
        self._remember({**known, self.name: False})

    def fill(self, made: Plan) -> None:
        """Everything is new, so nobody reads it yet. Raises Failure, OSError."""
        make_folders(made)
        os.makedirs(self.folder, exist_ok=True)
        for place, source in made.copies.items():
            make(source, place, os.lstat(source))
        for place, entry in made.permissions.items():
            permissions.apply(place, entry)
        for inside in self._shared:
            self._share(inside)

    def switch(self) -> str:
        """`current` leads here from now on, and says so in words."""
        before = self._leads_to()
        now = f"releases/{self.name}"
        known = self._known()
        known.pop(self.name, None)
        self._remember({**known, self.name: True})
        if before != now:
            _put_link(now, self._current)
        self._clear(before)
        return f"current leads to {now}" + (f", and led to {before} before" if before not in ("", now) else "")

    def _leads_to(self) -> str:
        """As the link has it, "" without one. Raises Failure where something else stands there."""
        try:
            found = os.lstat(self._current)
        except FileNotFoundError:
            return ""
        if not stat.S_ISLNK(found.st_mode):
            raise Failure(f"{self._current} is no link, and is to be one: move it away")
        return os.readlink(self._current)

    def _share(self, inside: str) -> None:
        """The place in the release leads to the shared one. What the bundle brings there is the shared one's first content, and passed over ever after."""
        place, shared = os.path.join(self.folder, inside), os.path.join(self._root, "shared", inside)
        os.makedirs(os.path.dirname(shared), exist_ok=True)
        self._make_parents(inside)
        if not os.path.lexists(place):
            if not os.path.lexists(shared):
                os.mkdir(shared)
        elif os.path.lexists(shared):
            _remove(place)
        else:
            _remove(shared + PART)
            shutil.move(place, shared + PART)  # it may be another file system
            os.replace(shared + PART, shared)
        os.symlink(os.path.relpath(shared, os.path.dirname(place)), place)

    def _make_parents(self, inside: str) -> None:
        place = self.folder
        for name in inside.split("/")[:-1]:
            place = os.path.join(place, name)
            if os.path.islink(place):
                raise Failure(f"{place} is a link in the bundle, and `shared` has {inside} below it")
            os.makedirs(place, exist_ok=True)

    def _clear(self, before: str) -> None:
        """What this group once installed without releases goes, and releases that nobody needs any more."""
        owned = self._state.cleanup()
        if owned:
            clean(owned, Plan())
            self._state.keep_cleanup([])
        known = self._known()
        whole = [name for name in known if known[name]]
        kept = {self.name, before.rpartition("/")[2], *self._never, *whole[-self._keep :]}
        for name in [name for name in known if name not in kept]:
            self._remember({**known, name: False})
            folder = os.path.join(self._root, "releases", name)
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.lexists(folder):  # what can't be removed now is tried again
                del known[name]
                self._remember(known)

    def _known(self) -> dict[str, bool]:
        """Those that are whole in the order in which they became current."""
        with contextlib.suppress(OSError, ValueError), open(self._state.path("releases.json")) as file:
            found: dict[str, bool] = json.load(file)
            return found
        return {}

    def _remember(self, known: dict[str, bool]) -> None:
        replace(self._state.path("releases.json"), json.dumps(known))


def of(state: State, spec: dict[str, Any], directory: str) -> Release | None:
    return Release(state, spec, directory) if spec.get("releases") else None


def prepare(release: Release, state: State, deployment: str, directory: str) -> Plan:
    """What would be in it. Raises Failure for whatever can't be done (A1)."""
    release.begin()
    spec = state.spec(deployment)
    made = plan(state.archive(deployment), spec, directory, set())
    permissions.match(made, spec["permissions"], directory)
    return made


def install(release: Release, state: State, deployment: str, directory: str) -> str:
    """Do it, and say in words what was done. Raises Failure, OSError."""
    if release.whole:
        words = f"{release.name} is still there: {release.switch()}"
    else:
        made = prepare(release, state, deployment, directory)
        release.fill(made)
        words = f"files: {len(made.copies)} copied to releases/{release.name}"
    state.mark(LAST, deployment)
    return words


def _put_link(target: str, place: str) -> None:
    """Atomically: whoever looks has the old one or the new one, and so has a machine that loses its power."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place + PART)
    os.symlink(target, place + PART)
    os.replace(place + PART, place)
    folder = os.open(os.path.dirname(place), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(place: str) -> None:
    if os.path.isdir(place) and not os.path.islink(place):
        shutil.rmtree(place)
    elif os.path.lexists(place):
        os.unlink(place)
