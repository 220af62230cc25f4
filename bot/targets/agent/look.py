"""Whether this target is fit for deployments, looked at without changing anything: who the agent is here, and what that user may."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from typing import Any

from bot.targets.agent.scripts import closed

PATIENCE = 10.0


def look(folders: list[str]) -> dict[str, Any]:
    """`folders` begin with that of revisions. `unwritable` has those that can neither be written to nor be made."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return {
        "end": "Succeeded",
        "system": os.uname().sysname,
        "python": ".".join(map(str, sys.version_info[:2])),
        "user": user,
        "root": os.geteuid() == 0,
        "sudo": _sudo(),
        "closed": closed(folders[0]),
        "unwritable": [folder for folder in folders if not _writable(folder)],
        "free": shutil.disk_usage(_nearest(folders[0])).free,
    }


def _sudo() -> bool:
    """Whether it asks for no password."""
    try:
        done = subprocess.run(
            ["sudo", "--non-interactive", "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _nearest(folder: str) -> str:
    while not os.path.lexists(folder) and folder != "/":
        folder = os.path.dirname(folder)
    return folder


def _writable(folder: str) -> bool:
    nearest = _nearest(folder)
    return os.path.isdir(nearest) and os.access(nearest, os.W_OK | os.X_OK, effective_ids=True)
