"""What a commit says of its submodules: where each belongs, which commit it is at, and where it is fetched from.

https://git-scm.com/docs/gitmodules. Of its settings those count that say where: what git is to do with a submodule
(`update`, `branch`, `shallow`) is the pipeline's `checkout` to say, but for `update = none`, which leaves it out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bot.sources.access import is_web
from bot.sources.content import GITLINK
from bot.sources.failures import NotPossible, last_line
from bot.sources.git import Git, GitFailed

MODULES = ".gitmodules"
MOST = 500
"""Submodules of one repository; a commit costs nothing, a mirror does."""

_HOST = r"(?:[\w.-]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)"
_SSH = (re.compile(rf"ssh://{_HOST}/(?P<path>[^/].*)"), re.compile(rf"{_HOST}:(?P<path>[^/:].*)"))
"""As URLs, and as `scp` has them."""


@dataclass(frozen=True, slots=True)
class Submodule:
    """`path` in the work tree that it belongs to; `url` is absolute, and http or https."""

    path: str
    name: str
    url: str
    commit: str


async def read_submodules(git: Git, into: Path, url: str, what: str) -> list[Submodule]:
    """Those of the commit that is checked out at `into`; `url` is its repository's, `what` it is in words.

    Raises NotPossible, with all that is wrong.
    """
    links = dict(_links(await git.run(into, "ls-files", "--stage", "-z")))
    if not links:
        return []
    if len(links) > MOST:
        raise NotPossible(f"There are {len(links)} submodules in {what}: {MOST} are the most.")
    described = await _described(git, into, what)
    found: list[Submodule] = []
    problems: list[str] = []
    for path, commit in links.items():
        name, settings = described.get(path, ("", {}))
        if settings.get("update") == "none":
            continue
        address = absolute(url, settings.get("url", ""))
        if address:
            found.append(Submodule(path, name, address, commit))
        else:
            problems.append(_no_address(path, settings.get("url", "")))
    if problems:
        raise NotPossible(" ".join(problems))
    return found


def absolute(base: str, url: str) -> str:
    """Where a submodule is, `base` being where its superproject is; "" for what is not reached by http or https.

    People write the address that they themselves clone from: what ssh would reach is taken as the same host's https.
    """
    if url.startswith(("./", "../")):
        url = urljoin(base.rstrip("/") + "/", url)
    elif found := _SSH[0].fullmatch(url) or _SSH[1].fullmatch(url):
        parts = urlsplit(base)
        same = found["host"].lower() == (parts.hostname or "")
        url = f"{parts.scheme}://{parts.netloc}/{found['path']}" if same else f"https://{found['host']}/{found['path']}"
    return url if is_web(url) else ""


def _links(listed: bytes) -> Iterator[tuple[str, str]]:
    """Path and commit of each entry of an index that is a submodule."""
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        head, _, path = entry.partition("\t")
        if head.startswith(GITLINK):
            yield path, head.split()[1]


async def _described(git: Git, into: Path, what: str) -> dict[str, tuple[str, dict[str, str]]]:
    """By path: the name and the settings."""
    try:
        listed = await git.run(into, "config", "--blob", f"HEAD:{MODULES}", "-z", "--list")
    except GitFailed as error:
        raise NotPossible(
            f"There are submodules in {what}, and its {MODULES} can't be read: {last_line(error.errors)}."
        ) from None
    sections: dict[str, dict[str, str]] = {}
    for setting in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = setting.partition("\n")
        section, _, rest = key.partition(".")
        name, dot, variable = rest.rpartition(".")
        if section == "submodule" and dot:
            sections.setdefault(name, {})[variable] = value
    return {settings.get("path", name): (name, settings) for name, settings in sections.items()}


def _no_address(path: str, url: str) -> str:
    if not url:
        return f"The submodule {shown(path)} has no `url` in {MODULES}. `git submodule add` writes it."
    return (
        f"The submodule {shown(path)} is not reached by http or https ({shown(url)}). "
        f"Give its https address in {MODULES}, or one beside the repository (../name.git)."
    )


def shown(text: str) -> str:
    """Made fit for a sentence: a repository chooses it."""
    return "".join(character if character.isprintable() else "?" for character in text)[:200]
