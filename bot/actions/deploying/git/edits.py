"""What files become: values set in what is there, or files of an artifact in the place of what is there."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.actions.deploying.git.values import ValueRefused, with_values
from bot.model.glob import matches

MOST_FILES = 2000
MOST_BYTES = 64 << 20


class EditRefused(Exception):
    """The files can't be changed so. The text is safe to show."""


def checked(path: str) -> str:
    """A path with its references replaced. Raises EditRefused for one that leads elsewhere."""
    parts = [part for part in path.split("/") if part != "."]
    if not path.isprintable() or any(part in ("", "..") or part.lower() == ".git" for part in parts):
        raise EditRefused(f"{path!r} is no path in a repository")
    return "/".join(parts)


def with_set(there: Mapping[str, bytes], paths: Sequence[str], values: Mapping[str, str]) -> dict[str, bytes]:
    """Those of the files that change. Raises EditRefused."""
    changed = {}
    for path in paths:
        if path not in there:
            raise EditRefused(f"there is no file {path}")
        try:
            text = there[path].decode()
            made = with_values(text, values, path)
        except UnicodeDecodeError:
            raise EditRefused(f"{path} is no text in UTF-8") from None
        except ValueRefused as refused:
            raise EditRefused(str(refused)) from None
        if made != text:
            changed[path] = made.encode()
    return changed


def copied(root: Path, patterns: Sequence[str], below: str) -> tuple[Mapping[str, bytes], Collection[str]]:
    """The artifact's files that are wanted, by where they go to, and which of them can be run. Raises EditRefused."""
    found: dict[str, bytes] = {}
    executable: set[str] = set()
    size = 0
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            path = file.relative_to(root).as_posix()
            if file.is_symlink() or not file.is_file() or not any(matches(pattern, path) for pattern in patterns):
                continue
            size += file.stat().st_size
            if len(found) >= MOST_FILES or size > MOST_BYTES:
                raise EditRefused(f"more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MB are to be copied")
            target = checked("/".join(part for part in (below, path) if part))
            found[target] = file.read_bytes()
            if file.stat().st_mode & 0o100:
                executable.add(target)
    if not found:
        raise EditRefused(f"the artifact has no file that {' or '.join(patterns)} chooses")
    return found, executable
