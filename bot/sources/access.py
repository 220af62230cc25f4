"""Whose credentials an address is asked with that a repository names: a submodule, an LFS server.

Whoever may write to a repository writes such addresses, and the bot's token often reads more than they may. So it goes to
the repository that is checked out, and to those of the same host that may be read in the name of the people concerned.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.model.people import Person
from bot.model.repository import Repository
from bot.ports import GitRemote, SourceRefused

Neighbour = Callable[[Repository, str, Sequence[Person]], Awaitable[Repository]]
"""The repository of that full name beside the given one, once it is known that all these people may read it.

Raises SourceRefused, HostUnavailable.
"""

LFS = "/info/lfs"


async def no_neighbour(repository: Repository, name: str, people: Sequence[Person]) -> Repository:  # noqa: ARG001  as a Neighbour
    """Of a bot that knows no other repositories."""
    raise SourceRefused(f"{name} is not {repository.full_name}, which alone may be read here")


@dataclass(frozen=True, slots=True)
class Access:
    """What one checkout may reach: `repository`, which is at `own`, and its neighbours in the name of `people`."""

    repository: Repository
    own: GitRemote
    people: Sequence[Person]
    neighbour: Neighbour = field(repr=False)

    async def open(self, name: str) -> Repository:
        """The repository of that name on the same host. Raises SourceRefused when the credentials are not for it."""
        if self.is_own(name):
            return self.repository
        return await self.neighbour(self.repository, name, self.people)

    def is_own(self, name: str) -> bool:
        return name == self.name(self.own.url)

    def name(self, url: str) -> str:
        """The full name of the repository that the address is of; "" when it is not plainly one of the same host.

        A host's addresses differ in the name at their end. Escapes and dot segments, which a host may read in its own way,
        are in no name; a query or a fragment is no part of one.
        """
        start = _path(self.own.url).split("/")[: -len(self.repository.full_name.split("/"))]
        path = _path(url).split("/")
        parts = urlsplit(url)
        plain = not parts.query and not parts.fragment and "%" not in parts.path
        named = all(segment.strip(".") for segment in path)
        inside = path[: len(start)] == start and len(path) > len(start)
        return "/".join(path[len(start) :]) if self.is_beside(url) and plain and named and inside else ""

    def is_beside(self, url: str) -> bool:
        """Whether the address is of the same host as the repository."""
        return _host(url) == _host(self.own.url)

    def refusal(self, url: str, said: str, why: str = "") -> str:
        """That nobody without credentials is let in there, and why ours are not for it. `said` is git's own word."""
        host, name = urlsplit(url).hostname or "its host", self.name(url) or _path(url)[:200] or "it"
        # Thus git says of a host that wants to know who asks, and of us who do not say.
        reason = "" if "could not read Username" in said else f" ({said})"
        if not self.is_beside(url):
            why = f"only {urlsplit(self.own.url).hostname} is given the bot's credentials"
        why = why or "the bot's credentials are for addresses without dots or escapes in them alone"
        return f"{host} does not let everybody read {name}{reason}, and {why}"


def is_web(url: str) -> bool:
    """Whether it is an http or https URL that all who read it read alike."""
    if not url.isprintable() or any(character in url for character in " \\"):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _path(url: str) -> str:
    """As people know a repository."""
    return urlsplit(url).path.strip("/").removesuffix(LFS).removesuffix(".git")
