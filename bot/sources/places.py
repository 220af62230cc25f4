"""Where repositories are: in a mirror, or right here on this machine. One mirror each, whoever names the repository."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from bot.model.repository import Repository
from bot.ports import GitRemote
from bot.sources.credentials import bare_url
from bot.sources.fetching import Fetcher
from bot.sources.git import Git
from bot.sources.mirror import Elsewhere, Mirror
from bot.sources.objects import Readers
from bot.sources.removal import remove
from bot.sources.worktree import Origin

EVERYBODY = "everybody-"
"""How the names of mirrors begin that were filled without credentials."""

ABANDONED = 7
"""How many times as long as a commit such a mirror is kept that nobody wants anything of."""


async def nowhere(*_: object) -> GitRemote | None:
    """Of a host that has a repository's commits in no other."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository's objects are: in a mirror, filled from `remote`, or right here (`mirror` None)."""

    origin: Origin
    mirror: Mirror | None
    remote: Callable[[], Awaitable[GitRemote]]
    elsewhere: Elsewhere

    async def have(self, commits: Sequence[str], depth: int) -> None:
        """Have the commits in the mirror. Raises CommitUnavailable, ProviderError, GitFailed."""
        if self.mirror is not None:
            await self.mirror.have(commits, depth, self.remote, self.elsewhere)


class Places:
    """Mirrors below `root`. `remote` says where a repository is, and with what it is asked; `elsewhere`, where its host has a
    commit that the repository does not give out.
    """

    def __init__(
        self,
        root: Path,
        remote: Callable[[Repository], Awaitable[GitRemote]],
        elsewhere: Callable[[Repository, str], Awaitable[GitRemote | None]],
        git: Git,
        readers: Readers,
        fetcher: Fetcher,
        pack_after: int,
    ) -> None:
        self._root = root
        self._remote = remote
        self._elsewhere = elsewhere
        self._git = git
        self._readers = readers
        self._fetcher = fetcher
        self._pack_after = pack_after
        self._places: dict[tuple[str, str], Place] = {}
        self._mirrors: dict[str, Mirror] = {}

    async def of(self, repository: Repository) -> Place:
        """As the repository is called now: its name may have changed since it was met first."""
        key, remote = (repository.provider, repository.id), partial(self._remote, repository)
        elsewhere = partial(self._elsewhere, repository)
        if key not in self._places:
            found = await remote()
            if found.path is not None:
                self._places[key] = Place(Origin(found.path.absolute(), bare_url(found.url)), None, remote, elsewhere)
            else:
                mirror = self.mirror(folder_of(repository))
                self._places[key] = Place(Origin(mirror.git_dir, bare_url(found.url)), mirror, remote, elsewhere)
        return replace(self._places[key], remote=remote, elsewhere=elsewhere)

    def for_everybody(self, url: str, id_length: int) -> Place:
        """A repository known by its address alone, as everybody sees it: no credentials go there, and none fill its mirror."""
        remote = GitRemote(bare_url(url))

        async def without_credentials() -> GitRemote:
            return remote

        mirror = self.mirror(EVERYBODY + sha256(f"{remote.url}\0{id_length}".encode()).hexdigest())
        return Place(Origin(mirror.git_dir, remote.url), mirror, without_credentials, nowhere)

    def mirror(self, name: str) -> Mirror:
        if name not in self._mirrors:
            git_dir = self._root / f"{name}.git"
            self._mirrors[name] = Mirror(git_dir, self._git, self._readers, self._fetcher, self._pack_after)
        return self._mirrors[name]

    def names(self) -> Iterable[str]:
        """Of all mirrors that there are."""
        return [folder.stem for folder in self._root.glob("*.git") if not folder.name.startswith(".")]

    async def tidy(self, grace: float) -> None:
        """Remove the mirrors that anybody may have asked for by naming a submodule, once nobody did for long; and halves of killed lives."""
        for name in self.names():
            if name.startswith(EVERYBODY):
                await self.mirror(name).discard(grace * ABANDONED)
        for left in self._root.glob(".*.git.*"):
            if left.stat().st_mtime <= time.time() - grace:
                await remove(left)

    async def close(self) -> None:
        for mirror in self._mirrors.values():
            await mirror.close()


def folder_of(repository: Repository) -> str:
    """A folder's name that tells repositories apart, whatever characters a host puts into its ids."""
    plain = f"{repository.provider}-{repository.id}"
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", plain):
        return plain
    return "x-" + sha256(f"{repository.provider}\0{repository.id}".encode()).hexdigest()
