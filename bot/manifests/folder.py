"""The files of a folder that may be manifests."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.manifests.chosen import SUFFIXES


def found_files(root: Path) -> Iterator[str]:
    """Paths below `root`, of regular files alone: a link may lead out of what is deployed."""
    for folder, folders, names in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        below = os.path.relpath(folder, root)
        for name in names:
            if name.endswith(SUFFIXES) and stat.S_ISREG(Path(folder, name).lstat().st_mode):
                yield name if below == "." else f"{below}/{name}"
