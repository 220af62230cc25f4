"""What may be in an artifact: files, folders and links below a root. Paths and links that lead elsewhere are refused; nothing is read here."""

from enum import StrEnum

from bot.artifacts.errors import PathRefused

EVERYTHING = ("**",)
_NOWHERE = frozenset(["", ".", ".."])


class Kind(StrEnum):
    """By the letters that find has for them, and manifests."""

    FILE = "f"
    FOLDER = "d"
    LINK = "l"


def check_path(path: str) -> None:
    """Raises PathRefused for a path that does not lie below a root. For paths that somebody else has written."""
    if "\0" in path or not _NOWHERE.isdisjoint(path.split("/")):
        raise PathRefused(f"{shown(path)} would lead out of its folder")


def check_link(path: str, target: str) -> None:
    """Raises PathRefused for a link that leads out of the root, which is where its path begins."""
    depth = path.count("/")
    if not target or target.startswith("/") or "\0" in target:
        raise PathRefused(f"the link {shown(path)} leads out of its folder, to {shown(target)}")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            raise PathRefused(f"the link {shown(path)} leads out of its folder, to {shown(target)}")


def shown(path: str) -> str:
    """The path as a person can read it, whatever bytes or control characters are in it."""
    return repr(path) if not path.isprintable() else path


def unreadable(path: str, error: OSError) -> PathRefused:
    """It is closed to us, has gone meanwhile, or is nested deeper than any path is long."""
    return PathRefused(f"{shown(path)} can't be read: {error.strerror}")
