"""What is remembered on the target of one group: which revisions are there, and which paths are a deployment's (INS-7, INS-10, INS-11, REV-5).

`<state>/<target>/<group>` holds `last-successful-install` and `most-recent` (a deployment's id each), `cleanup` (the paths that were installed, one a line),
`installed.json` (how they were when they were), and a folder a deployment, with `deployment-archive` and `deployment.json`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from typing import Any

from bot.targets.agent.failure import Failure

KEPT = 5
LAST, RECENT = "last-successful-install", "most-recent"


class State:
    """One group's folder, locked for as long as this process lives. Another that has it locked is waited for so many seconds."""

    def __init__(self, folder: str, wait: float = 0.0) -> None:
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self._lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + wait
        while not self._locked():
            if time.monotonic() >= end:
                raise Failure("another deployment of this group is at work on this target: wait for its end")
            time.sleep(0.05)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def path(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def archive(self, deployment: str) -> str:
        return self.path(deployment, "deployment-archive")

    def mark(self, name: str, deployment: str) -> None:
        replace(self.path(name), deployment, durable=name == LAST)

    def marked(self, name: str) -> str:
        """The deployment that the mark names, "" when there is none whose revision is still here."""
        with contextlib.suppress(OSError), open(self.path(name)) as file:
            deployment = file.read().strip()
            if deployment and os.path.exists(self.path(deployment, "deployment.json")):
                return deployment
        return ""

    def spec(self, deployment: str) -> dict[str, Any]:
        with open(self.path(deployment, "deployment.json")) as file:
            found: dict[str, Any] = json.load(file)
        return found

    def installed(self) -> dict[str, Any]:
        """How each path was when it was installed; what can't be read counts as unknown."""
        with contextlib.suppress(OSError, ValueError), open(self.path("installed.json")) as file:
            found: dict[str, Any] = json.load(file)
            return found
        return {}

    def cleanup(self) -> list[str]:
        """The paths that deployments have installed, in their order. A half-written last line is dropped."""
        with (
            contextlib.suppress(OSError),
            open(self.path("cleanup"), encoding="utf-8", errors="surrogateescape") as file,
        ):
            lines = file.read().split("\n")
            found: list[str] = json.loads(f"[{','.join(line for line in lines[:-1] if line)}]")
            return found
        return []

    def keep_cleanup(self, paths: list[str]) -> None:
        replace(self.path("cleanup"), "".join(line(path) for path in paths))

    def prune(self) -> None:
        """INS-10: the last five, and never the last success."""
        kept = {self.marked(LAST), self.marked(RECENT)}
        folders = [name for name in os.listdir(self.folder) if name.startswith("d-")]
        folders.sort(key=lambda name: os.lstat(self.path(name)).st_mtime_ns, reverse=True)
        for name in folders[KEPT:]:
            if name not in kept:
                shutil.rmtree(self.path(name), ignore_errors=True)


def line(path: str) -> str:
    return json.dumps(path) + "\n"


def replace(path: str, text: str, *, durable: bool = True) -> None:
    """Whole or not at all, also where the machine loses its power; without `durable` it may be gone then: that saves a flush of all that was written."""
    with open(path + ".new", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(path + ".new", path)
