"""An appspec's absolute paths where each deployment has a release folder of its own: what is below its path, or below `current` there, is in the release.

Anything else is refused: what is not in the release could not be switched with it.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.model.appspec import Appspec
from bot.model.deployment import Releases

_OWN = ("releases", "shared")


def misplaced(appspec: Appspec, releases: Releases) -> Iterator[str]:
    """Why destinations can't be in a release, with what would be right."""
    for copy in appspec.files:
        inside = _inside(copy.destination, releases.path)
        if inside is None:
            remedy = f"Write {releases.path}, or a folder below it"
            yield f"The destination {copy.destination} is outside of the releases at {releases.path}. {remedy}."
        elif inside.split("/")[0] in _OWN:
            yield f"The destination {copy.destination} is where releases themselves are. Write where it is in one of them."


def placed(appspec: Appspec, releases: Releases, release: str) -> Appspec:
    """With destinations and objects in the release's folder. Objects outside mean nothing, as everywhere (PRM-2)."""
    root = f"{releases.path}/releases/{release}"
    files = tuple(replace(copy, destination=_put(copy.destination, releases.path, root)) for copy in appspec.files)
    permissions = tuple(replace(one, object=_put(one.object, releases.path, root)) for one in appspec.permissions)
    return replace(appspec, files=files, permissions=permissions)


def _put(path: str, base: str, root: str) -> str:
    inside = _inside(path, base)
    return path if inside is None else f"{root}/{inside}".rstrip("/")


def _inside(path: str, base: str) -> str | None:
    """Relative to the release, "" for itself; None for what is elsewhere."""
    for above in (f"{base}/current", base):
        if path == above or path.startswith(f"{above}/"):
            return path[len(above) + 1 :]
    return None
