"""Whose data folder it is: one bot at a time, known by a lock that the kernel lets go of however that bot ends.

In the locked file stand where the bot is reached, and its process, for commands that work beside it; the file is the user's who runs the bot. What else is in
the folder is no affair of this.
"""

import fcntl
import os
import pwd
import time
from contextlib import suppress
from pathlib import Path

import click

from bot.settings import Settings, load

LOCK = "serve.lock"
PATIENCE = 0.5
"""Seconds that a predecessor is given to be gone, and a command to have looked."""

POLL = 0.02
LONGEST_NOTE = 4096


class DataFolderInUse(click.ClickException):
    """Two bots on one folder would run everything twice; the text says which folder, and what to do."""

    exit_code = 2


class DataFolder:
    """Held from construction to `close`. Raises DataFolderInUse."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(folder)
            os.ftruncate(self._lock, 0)
        except BaseException:
            os.close(self._lock)
            raise

    def note_address(self, url: str) -> None:
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{url}\n{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._lock, 0)
        os.close(self._lock)

    def _take(self, folder: Path) -> None:
        until = time.monotonic() + PATIENCE
        while not _locked(self._lock, fcntl.LOCK_EX):
            if time.monotonic() > until:
                where = running_at(folder)
                raise DataFolderInUse(
                    f"A Penstock runs already with the data in {folder.absolute()}{f', at {where}' if where else ''}. "
                    "Stop it first, or set PENSTOCK_DATA_DIR to another folder."
                )
            time.sleep(POLL)


def load_as_its_user() -> Settings:
    """The settings, for a command that works in the data folder beside its bot. What root would make there that bot, run by a user of its
    own, could not read: so root becomes that user for good. Raises SettingsInvalid.
    """
    settings = load()
    if os.geteuid() == 0:
        with suppress(FileNotFoundError, NotADirectoryError):
            found = (settings.data_dir / LOCK).stat()
            if found.st_uid:
                _become(found.st_uid, found.st_gid)
    return settings


def _become(user: int, group: int) -> None:
    try:
        entry = pwd.getpwuid(user)
        os.initgroups(entry.pw_name, entry.pw_gid)
        group, os.environ["HOME"] = entry.pw_gid, entry.pw_dir
    except KeyError:  # one whom the machine does not list, as in a container
        os.setgroups([])
        os.environ["HOME"] = "/"
    os.setgid(group)
    os.setuid(user)


def running_at(folder: Path) -> str:
    """The address of the bot that runs with this folder, "" when none does (or none that is up yet)."""
    return next(iter(_noted(folder)), "")


def running_as(folder: Path) -> str:
    """Its process, as `/proc` names it; "" when none runs, or one of an older version."""
    return next(iter(_noted(folder)[1:]), "")


def _noted(folder: Path) -> list[str]:
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        free = _locked(lock, fcntl.LOCK_SH)
        return [] if free else os.pread(lock, LONGEST_NOTE, 0).decode(errors="replace").splitlines()
    finally:
        os.close(lock)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
