"""A revision comes to the target: copied from a folder of the same machine, or sent, of which only what is not here yet (HOK-5, INS-11)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from typing import Any

from bot.targets.agent.state import RECENT, State, replace

CHUNK = 1 << 20
_copy_range = getattr(os, "copy_file_range", None)
"""Missing from a Python that was built for older systems."""
Entry = list[Any]
"""`[path, kind, mode, modified, size, digest or where a link leads]`; kind is `f`, `d` or `l`, `modified` in nanoseconds."""


def receive(
    state: State, order: dict[str, Any], need: Callable[[list[int]], None], read: Callable[[int], bytes]
) -> None:
    """Make the revision's archive, whole or not at all. `need` asks for files by their number, `read` then has their bytes, one behind the other."""
    deployment: str = order["deployment"]
    shutil.rmtree(state.path(deployment), ignore_errors=True)
    root = state.path(deployment, "deployment-archive")
    os.makedirs(root)
    entries: list[Entry] = order["entries"]
    for path, kind, *_ in entries:
        if kind == "d":
            os.mkdir(os.path.join(root, path))
    if order.get("source"):
        for path, kind, mode, modified, size, _ in entries:
            if kind == "f":
                copy(os.path.join(order["source"], path), os.path.join(root, path), mode, modified, size)
    else:
        _send(state, root, entries, need, read)
    for path, kind, *_, detail in entries:
        if kind == "l":
            os.symlink(detail, os.path.join(root, path))
    for path, kind, mode, modified, *_ in reversed(entries):
        if kind == "d":
            os.chmod(os.path.join(root, path), mode)
            os.utime(os.path.join(root, path), ns=(modified, modified))
    replace(state.path(deployment, "manifest.json"), json.dumps(entries), durable=False)
    replace(state.path(deployment, "deployment.json"), json.dumps(order["spec"]))
    state.mark(RECENT, deployment)


def again(state: State, order: dict[str, Any]) -> bool:
    """Make the archive of a revision that another deployment has brought here. False where that is here no more."""
    earlier = order["from"]
    entries: list[Entry] = []
    with contextlib.suppress(OSError, ValueError), open(state.path(earlier, "manifest.json")) as file:
        entries = json.load(file)
    if not entries or not os.path.exists(state.path(earlier, "deployment.json")):
        return False
    receive(state, {**order, "entries": entries, "source": state.archive(earlier)}, lambda _: None, lambda _: b"")
    return True


def _send(
    state: State, root: str, entries: list[Entry], need: Callable[[list[int]], None], read: Callable[[int], bytes]
) -> None:
    here = _here(state)
    missing = []
    for number, (path, kind, mode, modified, size, digest) in enumerate(entries):
        if kind != "f":
            continue
        found = here.get(digest)
        if found is None:
            missing.append(number)
        else:
            copy(found, os.path.join(root, path), mode, modified, size)
    need(missing)
    for number in missing:
        path, _, mode, modified, size, _ = entries[number]
        with open(os.path.join(root, path), "xb") as file:
            left = size
            while left:
                data = read(min(left, CHUNK))
                file.write(data)
                left -= len(data)
            os.fchmod(file.fileno(), mode)
        os.utime(os.path.join(root, path), ns=(modified, modified))


def _here(state: State) -> dict[str, str]:
    """Content by digest, of the revision that came last: files that nobody has touched since."""
    deployment = state.marked(RECENT)
    found: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        with open(state.path(deployment, "manifest.json")) as file:
            entries: list[Entry] = json.load(file)
        for path, kind, _, modified, size, digest in entries:
            if kind == "f":
                place = os.path.join(state.archive(deployment), path)
                now = os.lstat(place)
                if stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) == (size, modified):
                    found[digest] = place
    return found


def copy(source: str, place: str, mode: int, modified: int, size: int) -> None:
    """A file that is not there yet; the kernel copies, and shares blocks where its file system can."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # With its mode from the first, which is a call less a file unless the umask or a folder's default list has changed it.
        writing = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode & 0o777)
        try:
            _carry(reading, writing, size)
            if stat.S_IMODE(os.fstat(writing).st_mode) != mode:
                os.fchmod(writing, mode)
            os.utime(writing, ns=(modified, modified))
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _carry(reading: int, writing: int, size: int) -> None:
    done = 0
    with contextlib.suppress(OSError):  # not between these two file systems, or not by this kernel: then as below
        while _copy_range and done < size and (count := _copy_range(reading, writing, size - done)):
            done += count
    while count := os.sendfile(writing, reading, done, CHUNK):
        done += count
