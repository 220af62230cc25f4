"""Links of an artifact, judged together: one that stays inside by its own words may lead out through another."""

from collections.abc import Mapping

from bot.artifacts.errors import PathRefused
from bot.artifacts.tree import shown

_MOST = 40
"""Links that Linux follows on the way of one path; what needs more leads nowhere (path_resolution(7))."""


def check_links(links: Mapping[str, str]) -> None:
    """Raises PathRefused for one that leads out of the root. `links`: where each leads, by its path; all are relative."""
    for path in links:
        if _leads_out(path, links):
            raise PathRefused(f"the link {shown(path)} leads out of its folder, through another link")


def _leads_out(path: str, links: Mapping[str, str]) -> bool:
    """As the kernel goes, part by part: `..` is what is above where one has come to, not above where one came from."""
    here = path.split("/")[:-1]
    ahead = links[path].split("/")[::-1]
    followed = 0
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                return True
            here.pop()
            continue
        here.append(part)
        target = links.get("/".join(here))
        if target is not None:
            followed += 1
            if followed > _MOST:
                return False
            here.pop()
            ahead += target.split("/")[::-1]
    return False
