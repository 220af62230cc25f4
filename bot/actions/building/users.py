"""`run-as`: as whom commands run (PHS-6). Whether the bot may have them run so, and the way for such a user to the source.

How a build's shell changes from one user to another is `attend.sh`'s. A user is given what the build needs and nothing else of the
bot's: the folders above the build may be passed, not looked into, and what lies beside it in the bot's own folder is closed to others.
No wall stands between the users of one build: what one exports, the next one's shell takes over (PHS-12).
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.environment import PATH
from bot.model.buildspec import Buildspec

_NEEDED = {0: "CHOWN", 1: "DAC_OVERRIDE", 3: "FOWNER", 5: "KILL", 6: "SETGID", 7: "SETUID"}
"""Capabilities by their bits, see capabilities(7): to hand files over, to become somebody else, and to kill what they started."""

_OTHERS = 0o077
_PASS = 0o011


class UserRefused(Exception):
    """Commands are to run as somebody that the bot can't make them run as; the text has the remedy."""


def with_users(spec: Buildspec) -> Buildspec:
    """Each phase with the user that it runs as: a name for all of them where any is not the bot's own, else for none.

    A phase without commands stays with the one before. Raises UserRefused.
    """
    own = _own()
    users, before = [], spec.run_as or own
    for phase in spec.phases:
        if phase.commands or phase.last:
            before = phase.run_as or spec.run_as or own
        users.append(before)
    others = sorted({*users} - {own})
    for name in others:
        _check(name, own)
    phases = [replace(phase, run_as=user if others else "") for phase, user in zip(spec.phases, users, strict=True)]
    return replace(spec, phases=tuple(phases))


def let_in(spec: Buildspec, folder: Path, sources: Sequence[Path]) -> None:
    """Open the way to a build's folder for the users of `with_users`, who may read and run its sources. Raises UserRefused, OSError."""
    others = sorted({phase.run_as for phase in spec.phases} - {"", _own()})
    if not others:
        return
    _open_way(folder)
    (folder / "tmp").chmod(0o1777)
    (folder / "output").touch()
    for source in sources:
        _make_whole(source)
    subprocess.run(["chmod", "-R", "a+rX", "--", *map(str, sources)], check=True)
    for name in others:
        _make_home(name, folder / "users" / name)
        if not _succeeds(name, "test", "-r", str(sources[0]), "-a", "-x", str(sources[0])):
            closed = next(place for place in _downwards(folder) if not _succeeds(name, "test", "-x", str(place)))
            remedy = f"Let everybody pass it (chmod o+x {closed}), or have PENSTOCK_DATA_DIR elsewhere."
            raise UserRefused(f"run-as {name}: {name} may not enter {closed}, which is above the source. {remedy}")


def _own() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _check(name: str, own: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        remedy = f"Remove `run-as`, or make one where the bot runs: useradd {name}"
        raise UserRefused(f"run-as {name}: there is no user {name} on this machine. {remedy}") from None
    if os.geteuid():
        remedy = f"Remove `run-as`, or run the bot as {name}, or as root."
        raise UserRefused(f"run-as {name}: builds run as {own} here, as the bot itself does. {remedy}")
    missing = [word for bit, word in _NEEDED.items() if not _capabilities() >> bit & 1]
    if missing:
        remedy = f"Remove `run-as`, or give it the capabilities {', '.join(missing)}."
        raise UserRefused(f"run-as {name}: the bot is root, but may not act for other users. {remedy}")
    if shutil.which("setpriv") is None:
        remedy = "Remove `run-as`, or install util-linux."
        raise UserRefused(f"run-as {name}: it takes the program setpriv, which this machine does not have. {remedy}")


def _capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), 16)


def _open_way(folder: Path) -> None:
    """Through the bot's own folder, whose other contents are closed first: not all of it was made with others in mind."""
    builds = folder.parent
    for entry in os.scandir(builds.parent):
        if entry.name != builds.name and not entry.is_symlink():
            _close(Path(entry.path))
    for entry in os.scandir(builds):
        if entry.name != folder.name and not (Path(entry.path) / "users").exists():
            _close(Path(entry.path))
    for place in (folder, builds, builds.parent):
        place.chmod(place.stat().st_mode & ~_OTHERS & 0o7777 | _PASS)


def _close(place: Path) -> None:
    mode = place.stat().st_mode & 0o7777
    if mode & _OTHERS:
        place.chmod(mode & ~_OTHERS)


def _make_whole(source: Path) -> None:
    """Its history is read where the bot has it, which is closed: a user who is to read it gets a copy of what belongs to the commit."""
    alternates = source / ".git" / "objects" / "info" / "alternates"
    if alternates.exists():
        env = {"PATH": PATH, "HOME": str(source.parent / "home")}
        subprocess.run(["git", "repack", "-a", "-d", "-q"], cwd=source, env=env, check=True)
        alternates.unlink()


def _make_home(name: str, home: Path) -> None:
    """A home of its own: most programs want to write there, and some refuse one that is somebody else's."""
    home.mkdir(parents=True, exist_ok=True)
    home.parent.chmod(0o711)
    (home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")  # the source is the bot's: git would refuse it
    user = pwd.getpwnam(name)
    for place in (home / ".gitconfig", home):
        os.chown(place, user.pw_uid, user.pw_gid)
    home.chmod(0o700)


def _downwards(folder: Path) -> Iterator[Path]:
    yield from reversed(folder.parents)
    yield folder


def _succeeds(name: str, *words: str) -> bool:
    """Whether a program does, run as that user."""
    become = ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--init-groups", "--"]
    return subprocess.run([*become, *words], check=False).returncode == 0
