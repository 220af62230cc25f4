"""Deleting work trees: off the loop, whatever permissions an action left behind, never following a link."""

import asyncio
import os
import shutil
import stat
import subprocess
from pathlib import Path


async def remove(path: Path) -> None:
    """Delete a folder and all in it. One that is not there is no error."""
    await asyncio.to_thread(remove_now, path)


def remove_now(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    try:
        _remove_tree(path)
    except FileNotFoundError:
        # Gone already, or something else deletes in it too: what is left goes the second time.
        shutil.rmtree(path, ignore_errors=True)
    except PermissionError:
        _open_folders(path)
        _remove_tree(path)


def _remove_tree(path: Path) -> None:
    """Python's own way goes no deeper than its stack. Raises OSError."""
    try:
        shutil.rmtree(path)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(path.absolute())], check=False, stderr=subprocess.DEVNULL)


def _open_folders(path: Path) -> None:
    """Nothing can be deleted from a read-only folder: give the owner back its rights, each before it is looked into."""
    path.chmod(stat.S_IRWXU)
    for folder, names, _ in os.walk(path):
        for inner in (Path(folder, name) for name in names):
            if not inner.is_symlink():
                inner.chmod(stat.S_IRWXU)
