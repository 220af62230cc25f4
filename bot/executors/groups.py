"""Groups of processes (cgroups), so that the kernel itself holds all of a job to its limits, however fast it forks: where the bot may
make them, each supervisor's own, and how one is emptied. What else limits a job, and who says so, is not here.

Both versions are known, as https://docs.kernel.org/admin-guide/cgroup-v2.html and its v1 neighbours describe them: v1, where each
controller has a tree of its own, and v2, where a group that has members can't have groups below it with controllers. A supervisor
lives in its group from before its first job, so whatever it starts is born there. It imports next to nothing, as the keeper's others.
"""
# ruff: noqa: PTH102, PTH106, PTH110, PTH119, PTH120, PTH123, PTH208  pathlib would weigh more than all of this

from __future__ import annotations

import contextlib
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBERS = "cgroup.procs"
_OWN = "penstock"
"""The group that the bot itself moves into where its own has to be without members."""


class Place:
    """A folder where groups can be made, and whose `controllers` limit them. `prepare` has to be called before it is used."""

    def __init__(self, folder: str, controllers: tuple[str, ...], version: int) -> None:
        self.folder = folder
        self.controllers = controllers
        self.version = version

    def promising(self) -> bool:
        """Whether `prepare` would probably do it. This changes nothing."""
        return self._allowed() and self._tried()

    def _allowed(self) -> bool:
        return os.access(self.folder, os.W_OK) and os.access(f"{self.folder}/{MEMBERS}", os.W_OK)

    def prepare(self) -> bool:
        """Have groups made here limited; on v2 this process moves one group down for that. Whether they are."""
        if not self._allowed():
            return False
        if self.version == 1:
            return self._tried()
        with contextlib.suppress(OSError):
            if _missing(self):
                self._move_down()
            return not _missing(self) and self._tried()
        return False

    def _tried(self) -> bool:
        """A read-only or foreign tree shows only now."""
        folder = f"{self.folder}/{_OWN}-try-{os.getpid()}"
        try:
            os.mkdir(folder)
            os.rmdir(folder)
        except OSError:
            return False
        return True

    def _move_down(self) -> None:
        """Raises OSError where others are members, too: they are not ours to move."""
        inner = f"{self.folder}/{_OWN}"
        with contextlib.suppress(FileExistsError):
            os.mkdir(inner)
        _write(f"{inner}/{MEMBERS}", str(os.getpid()))
        try:
            _write(f"{self.folder}/cgroup.subtree_control", " ".join(f"+{each}" for each in _missing(self)))
        except OSError:
            _write(f"{self.folder}/{MEMBERS}", str(os.getpid()))
            os.rmdir(inner)
            raise


def places(process: str = "self") -> list[Place]:
    """Where a process may hope to make groups, the best first: by themselves they say nothing of whether it may."""
    with contextlib.suppress(OSError):
        return places_in(_read(f"/proc/{process}/cgroup"), _read(f"/proc/{process}/mountinfo"))
    return []


def places_in(memberships: str, mounts: str) -> list[Place]:
    """From what /proc/self/cgroup and /proc/self/mountinfo say."""
    own: dict[str, str] = {}
    for line in memberships.splitlines():
        _, names, path = line.split(":", 2)
        own.update((name, path) for name in names.split(","))
    found = []
    for folder, root, kind, controllers in _mounted(mounts):
        if kind == "cgroup2" and "" in own:
            found += _places_around(folder, _below(folder, root, own[""]))
        elif kind == "cgroup":
            have = tuple(name for name in ("pids", "memory") if name in controllers)
            if have and (inner := _below(folder, root, own.get(have[0], ""))):
                found.append(Place(inner, have, 1))
    return found


def _places_around(mounted: str, inner: str) -> list[Place]:
    """A service that was given a subgroup to live in, and a program of a session, make theirs beside it, others below it."""
    if not inner:
        return []
    around = [inner] if inner == mounted else [inner, os.path.dirname(inner)]
    if os.path.basename(inner) == _OWN:  # it has moved down before
        around.reverse()
    return [Place(each, have, 2) for each in around if (have := _controllers(f"{each}/cgroup.controllers"))]


def usable(candidates: list[Place]) -> dict[str, str]:
    """The folder in which each controller's groups are made from now on, made ready for that."""
    found: dict[str, str] = {}
    for place in candidates:
        if not set(place.controllers) <= set(found) and place.prepare():
            found = dict.fromkeys(place.controllers, place.folder) | found
    return found


def limit_of_all(process: str = "self") -> int | None:
    """How many processes and threads the group of the bot, which is `process`, may have, all its jobs with it: a container's own limit. None is no limit."""
    found = [
        int(limit)
        for place in places(process)
        if "pids" in place.controllers and (limit := _told(f"{place.folder}/pids.max")).isdigit()
    ]
    return min(found, default=None)


class Group:
    """One supervisor's, in the folder of each controller. `limits` are processes and bytes, by controller."""

    def __init__(self, folders: dict[str, str], prefix: str, limits: dict[str, int]) -> None:
        self._folders = {name: f"{folder}/{prefix}{os.getpid()}" for name, folder in folders.items()}
        self._limits = {name: limit for name, limit in limits.items() if name in folders}

    @property
    def limited(self) -> bool:
        return bool(self._limits)

    def enter(self) -> None:
        """Make it and become its first member. Raises OSError."""
        for folder in set(self._folders.values()):
            os.mkdir(folder)
            _write(f"{folder}/{MEMBERS}", str(os.getpid()))
        self.allow()
        if "memory" in self._limits:
            folder = self._folders["memory"]
            v2 = f"{folder}/memory.max"
            _write(v2 if os.path.exists(v2) else f"{folder}/memory.limit_in_bytes", str(self._limits["memory"]))
        self.begin()

    def begin(self) -> None:
        """For the next job: what was exceeded before does not count."""
        self._before = self._exceeded()

    def over(self) -> str:
        """The controller that has refused a process, or let one be killed, since `begin`; or ""."""
        return next((name for name, count in self._exceeded().items() if count > self._before[name]), "")

    def kill(self) -> bool:
        """Kill all members but this process; whether there were any. From then on until `allow` nothing is born here."""
        if "pids" in self._folders:
            self._let_have("1")
        return kill_members(set(self._folders.values()))

    def allow(self) -> None:
        """As many processes as the limit says, and the supervisor itself."""
        if "pids" in self._folders:
            self._let_have(str(self._limits["pids"] + 1) if "pids" in self._limits else "max")

    def _let_have(self, processes: str) -> None:
        _write(f"{self._folders['pids']}/pids.max", processes)

    def _exceeded(self) -> dict[str, int]:
        """How often so far, by controller. v1 tells of memory in another file."""
        counts = {}
        for name in self._limits:
            files = ("pids.events",) if name == "pids" else ("memory.events", "memory.oom_control")
            text = next(filter(None, (_told(f"{self._folders[name]}/{file}") for file in files)), "")
            counts[name] = _count(text, "max" if name == "pids" else "oom_kill")
        return counts


def kill_members(folders: set[str]) -> bool:
    """Kill whoever is in one of these groups, but for this process; whether somebody was."""
    members = {pid for folder in folders for pid in _members(folder)} - {os.getpid(), 0}
    for pid in sorted(members):  # mostly parents first: fewer see a child die and go on for a moment
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return bool(members)


def kill_groups(folders: dict[str, str], prefix: str, *, abandoned: bool = False) -> bool:
    """One round over all groups whose names begin so, or over those whose supervisor is no longer in them: nothing is born there
    any more, and members are killed. Whether there were any.
    """
    found = False
    for folder in _groups(folders, prefix):
        if abandoned and int(folder.rpartition("-")[2]) in _members(folder):
            continue
        if not _members(folder):  # it may be one that is just being entered
            continue
        with contextlib.suppress(OSError):
            _write(f"{folder}/pids.max", "0")
        found = kill_members({folder}) or found
    return found


def remove_empty(folders: dict[str, str], prefix: str) -> None:
    """Groups of supervisors that have gone. Not to be called while one enters its own."""
    for folder in _groups(folders, prefix):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _groups(folders: dict[str, str], prefix: str) -> list[str]:
    found = []
    for parent in set(folders.values()):
        with contextlib.suppress(OSError):
            found += [f"{parent}/{name}" for name in os.listdir(parent) if name.startswith(prefix)]
    return found


def _members(folder: str) -> list[int]:
    return [int(line) for line in _told(f"{folder}/{MEMBERS}").split()]


def _count(text: str, word: str) -> int:
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{word} "))


def _mounted(mounts: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Mount point, the part of the tree that is mounted there, kind, and controllers, of each tree of groups."""
    for line in mounts.splitlines():
        about, _, of_kind = line.partition(" - ")
        kind, _, options = of_kind.split(" ", 2)
        if kind in {"cgroup", "cgroup2"}:
            root, folder = about.split()[3:5]
            yield folder, root, kind, options.split(",")


def _below(folder: str, root: str, path: str) -> str:
    """Where a group is seen; "" for one that is not below what is mounted."""
    if not path or f"/{path}/".find("/../") >= 0:
        return ""
    if root != "/":
        if f"{path}/".startswith(f"{root}/"):
            path = path[len(root) :]
        else:
            return ""
    return folder + path.rstrip("/")


def _controllers(file: str) -> tuple[str, ...]:
    have = _told(file).split()
    return tuple(name for name in ("pids", "memory") if name in have)


def _missing(place: Place) -> list[str]:
    have = _read(f"{place.folder}/cgroup.subtree_control").split()
    return [name for name in place.controllers if name not in have]


def _told(file: str) -> str:
    """Empty where nothing is told."""
    with contextlib.suppress(OSError):
        return _read(file)
    return ""


def _read(file: str) -> str:
    with open(file, encoding="utf-8", errors="surrogateescape") as opened:
        return opened.read()


def _write(file: str, text: str) -> None:
    with open(file, "w", encoding="ascii") as opened:
        opened.write(text)
