"""Folders to pack: made from a description, and described again, so that two can be compared whole."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

Tree = Mapping[str, bytes | str | None]
"""By path: a file's content, a link's target, or None for a folder."""


def make(root: Path, tree: Tree) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for path, content in tree.items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            full.mkdir(exist_ok=True)
        elif isinstance(content, str):
            full.symlink_to(content)
        else:
            full.write_bytes(content)
    return root


def describe(root: Path) -> dict[str, tuple[str, int, bytes]]:
    """Everything below the root: kind, mode and content."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            full = Path(folder, name)
            mode = stat.S_IMODE(full.lstat().st_mode)
            path = str(full.relative_to(root))
            if full.is_symlink():
                found[path] = ("link", mode, os.fsencode(full.readlink()))
            elif full.is_dir():
                found[path] = ("folder", mode, b"")
            else:
                found[path] = ("file", mode, full.read_bytes())
    return found
