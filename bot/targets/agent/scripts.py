"""Hooks: the scripts of one event, one after another, each as a process group of its own (sections 4, 6 and 7)."""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from typing import Any

from bot.targets.agent.failure import Failure

TAIL = 2048
GRACE = 10.0
"""Seconds between asking a script to end and killing it (A5)."""

Tell = Callable[[str], None]


class Gone(Exception):
    """Whoever gave the order is gone: nothing is to be begun any more."""


def run(
    archive: str,
    folder: str,
    scripts: list[dict[str, Any]],
    env: dict[str, str],
    tell: Tell,
    connection: Callable[[], bool],
) -> None:
    """HOK-1. `connection` says whether the other side is still there; it is asked when file 0 has something. Raises Failure, Gone."""
    for script in scripts:
        place = _place(archive, script["location"])
        tell(f"Script - {script['location']}")
        _run(place, script, folder, env, tell, connection)


def _place(archive: str, location: str) -> str:
    """SCR-3."""
    root, place = os.path.realpath(archive), os.path.realpath(os.path.join(archive, location))
    if not place.startswith(root + os.sep):
        raise Failure(f"the script {location} leads out of the bundle", "ScriptMissing", location)
    try:
        mode = os.stat(place).st_mode
    except OSError:
        raise Failure(f"the script {location} is not in the bundle", "ScriptMissing", location) from None
    if not stat.S_ISREG(mode):
        raise Failure(f"the script {location} is no file", "ScriptMissing", location)
    if not mode & 0o111:
        try:
            os.chmod(place, mode | 0o111)  # noqa: S103  SCR-3
        except OSError as error:
            why = f"the script {location} can't be made executable: {error.strerror}"
            raise Failure(why, "ScriptNotExecutable", location) from None
    return place


def _run(
    place: str, script: dict[str, Any], folder: str, env: dict[str, str], tell: Tell, connection: Callable[[], bool]
) -> None:
    location = script["location"]
    words, become, own = _as_user(place, script, env)
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=become,  # noqa: PLW1509  there are no threads here
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or str(error)
        if become is not None and isinstance(error, PermissionError) and (door := closed(place)):
            why = f"{script['runas']} may not enter {door}: open it, or have the operator name another `state` for this target"
        raise Failure(f"the script {location} can't be run: {why}", "ScriptNotExecutable", location) from None
    output = _Output(process, tell)
    ending = output.carry(time.monotonic() + script["timeout"], connection)
    tail = output.tail.decode(errors="replace")
    if ending == "gone":
        raise Gone
    if ending == "timeout" and process.returncode is not None and not output.killed:
        why = f"{location} has ended, and what it started still holds its output open: have that write elsewhere"
        raise Failure(why, "UnknownError", location, tail)
    if ending == "timeout":
        raise Failure(f"{location} was still running after {script['timeout']:g} s", "ScriptTimedOut", location, tail)
    if process.returncode:
        status = process.returncode
        how = f"was ended by signal {-status}" if status < 0 else f"failed with exit status {status}"
        raise Failure(f"{location} {how}", "ScriptFailed", location, tail)


def _as_user(
    place: str, script: dict[str, Any], env: dict[str, str]
) -> tuple[list[str], Callable[[], None] | None, dict[str, str]]:
    """HOK-3: the command, what the new process does before it, and its environment. The user needs no password."""
    user, location = script["runas"], script["location"]
    own = pwd.getpwuid(os.geteuid())
    sudo = ["sudo", "--non-interactive", f"--preserve-env={','.join(env)}"]
    if not user or user == own.pw_name:
        return ([*sudo, "--", place] if script["sudo"] and os.geteuid() != 0 else [place]), None, env
    try:
        other = pwd.getpwnam(user)
    except KeyError:
        raise Failure(
            f"there is no user {user} on this target, whom {location} is to run as", "ScriptFailed", location
        ) from None
    if os.geteuid() != 0:
        return [*sudo, f"--user={user}", "--", place], None, env

    def become() -> None:
        os.initgroups(user, other.pw_gid)
        os.setgid(other.pw_gid)
        os.setuid(other.pw_uid)

    own_env = {**env, "HOME": other.pw_dir, "USER": user, "LOGNAME": user}
    return [place], become, own_env


def closed(place: str) -> str:
    """The outermost folder above it that only its own user and group may enter, "" if there is none."""
    folder, found = os.path.dirname(place), ""
    while True:
        with contextlib.suppress(OSError):
            if not os.stat(folder).st_mode & stat.S_IXOTH:
                found = folder
        if folder == "/":
            return found
        folder = os.path.dirname(folder)


class _Output:
    """What a script prints, line by line (SCR-2), until both ends are closed and it has ended (SCR-6)."""

    def __init__(self, process: subprocess.Popen[bytes], tell: Tell) -> None:
        self._process = process
        self._tell = tell
        assert process.stdout is not None  # noqa: S101  it was started so
        assert process.stderr is not None  # noqa: S101  it was started so
        self._names = {process.stdout.fileno(): "[stdout]", process.stderr.fileno(): "[stderr]"}
        self._open = dict.fromkeys(self._names, b"")
        self.tail = b""
        self.killed = False

    def carry(self, deadline: float, connection: Callable[[], bool]) -> str:
        """Says "ended", "timeout" or "gone". Nothing of the script's group is left after the last two."""
        try:
            while self._open:
                left = deadline - time.monotonic()
                ready, _, _ = select.select([0, *self._open], [], [], max(0.0, left))
                if 0 in ready and not connection():
                    self._kill()
                    return "gone"
                if not ready:
                    self._process.poll()
                    self._kill()
                    return "timeout"
                for number in ready:
                    if number in self._open:
                        self._take(number)
            try:
                self._process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._kill()
                return "timeout"
            return "ended"
        finally:
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()

    def _take(self, number: int) -> None:
        data = os.read(number, 1 << 16)
        whole = self._open[number] + data
        *lines, rest = whole.split(b"\n")
        if not data or len(rest) > 1 << 16:
            lines, rest = [*lines, rest] if rest else lines, b""
        for one in lines:
            shown = self._names[number].encode() + one
            self.tail = (self.tail + shown + b"\n")[-TAIL:]
            self._tell(shown.decode(errors="replace"))
        if data:
            self._open[number] = rest
        else:
            del self._open[number]

    def _kill(self) -> None:
        """SCR-4, A5."""
        self.killed = self._process.returncode is None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
