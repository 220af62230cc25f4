"""What is deployed: a folder with an appspec, read and listed for the targets (APS-1, A1)."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.actions.deploying import RevisionInvalid
from bot.actions.leading import leads_to
from bot.appspec import NAMES, Reading, inline_text, misplaced, read_appspec
from bot.model.appspec import Appspec
from bot.model.deployment import Releases
from bot.ports import BundleEntry, BundleFolder

LARGEST = 1 << 20


class BundleInvalid(RevisionInvalid):
    """There is nothing to deploy."""

    def __init__(self, *lines: str, rest: str = "") -> None:
        super().__init__(lines, rest)


def find(appspec: str | Mapping[str, object], root: Path) -> tuple[Path, str]:
    """The bundle's root, and the appspec's text. A single folder that has it stands for the bundle (APS-1). Raises BundleInvalid."""
    if not isinstance(appspec, str):
        return root, inline_text(appspec)
    names = list(dict.fromkeys((appspec, *NAMES))) if appspec in NAMES else [appspec]
    inside = [each for each in root.iterdir() if each.name != ".git"] if root.is_dir() else []
    places = [root, *(each for each in inside[:1] if len(inside) == 1 and each.is_dir() and not each.is_symlink())]
    for place in places:
        for name in names:
            if (text := _text(place, name)) is not None:
                return place, text
    raise BundleInvalid(f"there is no {appspec} in the bundle: put one at its root, or name yours with `deploy:`")


def _text(root: Path, name: str) -> str | None:
    path = leads_to(root / name)
    if path is None:
        return None
    if not path.is_relative_to(root.resolve()):
        raise BundleInvalid(f"{name} leads out of the bundle")
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise BundleInvalid(f"{name} is no file")
    with os.fdopen(file, "rb") as opened:
        return opened.read(LARGEST + 1).decode(errors="replace")  # one byte too many is told by the reading


def read(text: str, name: str) -> tuple[Appspec, tuple[str, ...]]:
    """The appspec and its warnings. Raises BundleInvalid."""
    reading: Reading = read_appspec(text.encode(), name)
    if reading.appspec is None:
        problems = [str(problem) for problem in reading.problems]
        raise BundleInvalid(*problems, rest=f"`penstock validate {name}` tells all")
    return reading.appspec, reading.warnings


def check_releases(appspec: Appspec, releases: Releases | None) -> None:
    """Raises BundleInvalid where it installs anything outside of them."""
    if releases is not None and (why := list(misplaced(appspec, releases))):
        raise BundleInvalid(" ".join(why))


def listed(root: Path, *, digests: bool) -> BundleFolder:
    """All that is in the bundle but a repository's own folder. Raises BundleInvalid for what can't be deployed."""
    try:
        return BundleFolder(root, tuple(_entries(str(root), digests=digests)))
    except OSError as error:
        raise BundleInvalid(f"the bundle can't be read: {error.strerror}") from error


def _entries(root: str, *, digests: bool) -> Iterator[BundleEntry]:
    """Folders before what is in them; however deep they are, without recursion."""
    waiting = [iter(_found(root, "", leave_out=".git"))]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        path, entry = found
        described = _described(entry, path, digests=digests)
        yield described
        if described.kind == "d":
            waiting.append(iter(_found(entry.path, f"{path}/")))


def _found(folder: str, prefix: str, leave_out: str = "") -> list[tuple[str, "os.DirEntry[str]"]]:
    with os.scandir(folder) as found:
        return sorted((f"{prefix}{entry.name}", entry) for entry in found if entry.name != leave_out)


def _described(entry: "os.DirEntry[str]", path: str, *, digests: bool) -> BundleEntry:
    status = entry.stat(follow_symlinks=False)
    mode, modified = stat.S_IMODE(status.st_mode), status.st_mtime_ns
    if entry.is_symlink():
        return BundleEntry(path, "l", mode, modified, 0, os.readlink(entry.path))  # noqa: PTH115  as above
    if entry.is_dir():
        return BundleEntry(path, "d", mode, modified)
    if stat.S_ISREG(status.st_mode):
        return BundleEntry(path, "f", mode, modified, status.st_size, _digest(entry.path) if digests else "")
    raise BundleInvalid(f"{path} in the bundle is neither a file nor a folder nor a link")


def _digest(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123  a path object for each of thousands costs more than it tells
        return hashlib.file_digest(file, "blake2b").hexdigest()
