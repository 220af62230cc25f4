"""What a job may have at most, and what holds it to that where the bot runs. How groups of processes are made is in `groups`."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.executors.groups import limit_of_all, places

UNHELD = (
    "nothing here limits how many processes an action has: the bot runs as root, and may not make groups of processes (cgroups). "
    "Run it as another user, or give its container a limit: docker run --pids-limit 4096"
)
MEMORY_UNHELD = (
    "PENSTOCK_ACTION_MEMORY is not held: the bot may not make groups of processes (cgroups) with a limit of memory here. "
    "Give its container a limit instead: docker run --memory 4g"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may have at most: `processes` (threads count) and bytes of `memory` all of it together; `open_files`, and bytes
    of a file, `file_size`, each of its processes. None is no limit.

    Programs that close every descriptor up to the limit take minutes where it is a billion, so it is not left as it is.
    """

    processes: int | None = None
    memory: int | None = None
    open_files: int = 65536
    file_size: int | None = None

    def arguments(self, folders: Mapping[str, str]) -> list[str]:
        """The keeper's, where groups are made in those folders. Without one for processes the kernel can count only a user's."""
        given = {"RLIMIT_NOFILE": self.open_files, "RLIMIT_FSIZE": self.file_size}
        given["pids.max" if "pids" in folders else "RLIMIT_NPROC"] = self.processes
        given["memory.max"] = self.memory
        return [
            *(f"{name}={value}" for name, value in given.items() if value is not None),
            *(f"{name}.in={folder}" for name, folder in folders.items()),
        ]


def unheld(limits: Limits, controllers: Collection[str], bot: str = "self") -> list[str]:
    """What nothing holds a job of that process to, with the remedy, where groups can be made with these controllers."""
    by_another = (
        os.getuid() != 0 or limit_of_all(bot) is not None
    )  # the kernel counts a user's processes, but not root's
    found = []
    if limits.processes is not None and "pids" not in controllers and not by_another:
        found.append(UNHELD)
    if limits.memory is not None and "memory" not in controllers:
        found.append(MEMORY_UNHELD)
    return found


def hoped_for(bot: str = "self") -> set[str]:
    """The controllers with which that process, of this user, could make groups, as far as can be told without doing it."""
    return {name for place in places(bot) if place.promising() for name in place.controllers}
