"""Which file of the repository a remark means: tools name files from where they run, from the root, or from the root of the machine."""

import posixpath
from collections.abc import Callable

LONGEST = 300

OTHERS = frozenset({"node_modules", "site-packages"})
"""Folders of what was installed: it may lie in the work tree, and is not the repository's all the same."""

Exists = Callable[[str], bool]
"""Whether there is a file of that path, from the work tree's root."""


def located(named: str, root: str, folders: tuple[str, ...], exists: Exists) -> str:
    """The path from the root; "" for what is not in the work tree. `folders` are where the tool may run, the likeliest first."""
    named = named.strip().removeprefix("file://")
    if not named or len(named) > LONGEST or not named.isprintable():
        return ""
    for folder in folders if not named.startswith("/") else ("/",):
        path = posixpath.relpath(posixpath.normpath(posixpath.join(folder, named)), root)
        if not OTHERS.isdisjoint(path.split("/")):
            return ""
        if path != ".." and not path.startswith("../") and path != "." and exists(path):
            return path
    return ""
