"""The `Sources` port: which repository is mirrored and which lies on this machine, and the questions asked of either."""

import os
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.model.repository import Ref, Repository
from bot.ports import EntryKind, GitRemote, HostRefused, Listing
from bot.sources import removal
from bot.sources.access import Access, Neighbour, no_neighbour
from bot.sources.branches import GitBranches
from bot.sources.configuration import environment_for_git, write_configuration
from bot.sources.content import CommitObject
from bot.sources.credentials import bare_url, write_askpass
from bot.sources.extras import Extras, Tree
from bot.sources.failures import checked, gone
from bot.sources.fetching import Fetcher
from bot.sources.git import Git, GitFailed
from bot.sources.lfs import LargeFiles
from bot.sources.listing import Listings
from bot.sources.lookup import list_files, read_commit, read_files, read_kinds
from bot.sources.objects import CatFile, Readers
from bot.sources.places import Place, Places, folder_of, nowhere
from bot.sources.worktree import WorkTrees

T = TypeVar("T")

ZERO = re.compile("0+")
FORK_DEPTHS = (50, 500, 0)
NO_MERGE_BASE = 1
EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class MirrorSources:
    """Repositories below `root`, fetched from where `remote` says. `close` ends its processes.

    At most `local` git processes work on files and `network` ones fetch, each at most `timeout` seconds; up to `readers`
    repositories are kept open for reading, `idle` seconds long. `environment` is what git may know of the machine,
    `neighbour` finds other repositories of the same host, for people who may read them; `elsewhere`, the fork that has a commit
    which a repository does not give out itself.
    """

    def __init__(
        self,
        root: Path,
        remote: Callable[[Repository], Awaitable[GitRemote]],
        *,
        local: int = 4,
        network: int = 8,
        timeout: float = 900.0,
        readers: int = 16,
        idle: float = 60.0,
        pack_after: int = 50,
        environment: Mapping[str, str] | None = None,
        neighbour: Neighbour = no_neighbour,
        elsewhere: Callable[[Repository, str], Awaitable[GitRemote | None]] = nowhere,
    ) -> None:
        self._root = root.absolute()
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings, askpass = self._root / "gitconfig", self._root / "askpass"
        write_configuration(settings)
        write_askpass(askpass)
        self._timeout = timeout
        self._remote = remote
        self._neighbour = neighbour
        self._git = Git(
            environment_for_git(settings, os.environ if environment is None else environment), local, network
        )
        self._readers = Readers(self._git, readers, idle)
        self._fetcher = Fetcher(self._git, askpass, timeout)
        self._places = Places(self._root, remote, elsewhere, self._git, self._readers, self._fetcher, pack_after)
        self._listings = Listings(self._git, askpass, self._root)
        self._trees = WorkTrees(self._git, self._readers)
        self._extras = Extras(self._git, self._trees, LargeFiles(self._git, askpass, timeout), self._places)

    def branches(self, directory: Path) -> GitBranches:
        """Repositories to be changed, below a folder of their own."""
        return GitBranches(self._git, self._root / "askpass", directory.absolute(), self._timeout)

    async def refs(self, repository: Repository) -> Mapping[Ref, str]:
        return await self._listings.of(await self._remote(repository))

    async def fetch(self, repository: Repository, commits: Sequence[str], checkout: Checkout) -> None:
        """Have the commits at hand; what is there already costs nothing. Raises CommitUnavailable, ProviderError."""
        wanted = [checked(commit) for commit in commits]
        place = await self._places.of(repository)
        await place.have(wanted, checkout.depth)
        if place.mirror is None:
            for commit in wanted:
                await self._commit(place, commit)

    async def files(self, repository: Repository, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        return await self._look(repository, commit, lambda cat, found: read_files(cat, found, paths))

    async def listing(self, repository: Repository, commit: str, folders: Sequence[str]) -> Listing:
        return await self._look(repository, commit, lambda cat, found: list_files(cat, found, folders))

    async def kinds(self, repository: Repository, commit: str, names: Sequence[str]) -> Mapping[str, EntryKind]:
        return await self._look(repository, commit, lambda cat, found: read_kinds(cat, found, names))

    async def changed_paths(
        self, repository: Repository, before: str, after: str, *, since_fork: bool = False
    ) -> tuple[str, ...]:
        """A new branch has no `before` (only zeros): everything in it is a change."""
        commits = [checked(commit) for commit in (before, after)]
        if since_fork:
            commits[0] = await self._fork_point(repository, *commits)
        await self.fetch(repository, [commit for commit in commits if not ZERO.fullmatch(commit)], Checkout())
        old, new = (EMPTY_TREE[len(commit)] if ZERO.fullmatch(commit) else commit for commit in commits)
        place = await self._places.of(repository)
        arguments = ("diff-tree", "-r", "--name-only", "-z", "--no-renames", "--no-ext-diff", old, new, "--")
        output = await self._git.run(place.origin.git_dir, "--git-dir=.", *arguments)
        return tuple(path.decode("utf-8", "replace") for path in output.split(b"\0") if path)

    async def _fork_point(self, repository: Repository, base: str, head: str) -> str:
        """Where `head` left the line of `base`; `base` itself when they have no history in common.

        Most pull requests are young and short, so history is fetched in steps, and all of it only for what is old.
        """
        place = await self._places.of(repository)
        for depth in FORK_DEPTHS:
            await self.fetch(repository, [base, head], Checkout(depth=depth))
            try:
                found = await self._git.run(place.origin.git_dir, "--git-dir=.", "merge-base", base, head, "--")
            except GitFailed as error:
                if error.status != NO_MERGE_BASE:
                    raise
            else:
                return found.decode().strip()
        return base

    async def describe(self, repository: Repository, commit: str) -> tuple[str, str]:
        found = await self._commit(await self._places.of(repository), checked(commit))
        return found.message, found.authored_at

    async def check_out(
        self, repository: Repository, commit: str, checkout: Checkout, into: Path, people: Sequence[Person] = ()
    ) -> None:
        place = await self._places.of(repository)
        await self._trees.check_out(place.origin, checked(commit), checkout.depth, into.absolute())
        try:
            if checkout.submodules or checkout.lfs:
                remote = await self._remote(repository)
                tree = Tree(into.absolute(), replace(remote, url=bare_url(remote.url)))
                await self._extras.add(tree, checkout, Access(repository, tree.remote, people, self._neighbour))
            if checkout.format == "zip":
                await self._without_git(into)
        except BaseException:
            await removal.remove(into)
            raise

    async def _without_git(self, into: Path) -> None:
        """The files alone, those of submodules, too."""
        for folder in await self._git.in_thread(lambda: sorted(into.rglob(".git"))):
            await removal.remove(folder)

    async def remove(self, path: Path) -> None:
        """Delete a work tree, whatever an action made of it."""
        await removal.remove(path)

    async def prune(self, keep: Mapping[Repository, Collection[str]], grace: float = 3600.0) -> int:
        """Let go of all mirrored commits but these and those wanted in the last `grace` seconds; how many is the answer.

        `keep` must name the commits of every execution that still runs or may be retried: their work trees borrow from here.
        """
        await self._places.tidy(grace)
        kept = {folder_of(repository): commits for repository, commits in keep.items()}
        return sum([await self._places.mirror(name).prune(kept.get(name, ()), grace) for name in self._places.names()])

    async def close(self) -> None:
        await self._places.close()
        await self._readers.close()
        await self._git.close()

    async def _look(self, repository: Repository, commit: str, question: Callable[[CatFile, CommitObject], T]) -> T:
        """Answer a question about a commit that has been fetched. Raises CommitUnavailable."""

        def look(cat: CatFile) -> T | None:
            found = read_commit(cat, checked(commit))
            return question(cat, found) if found is not None else None

        answer = await self._ask(await self._places.of(repository), look)
        if answer is None:
            raise gone(commit)
        return answer

    async def _ask(self, place: Place, question: Callable[[CatFile], T]) -> T | None:
        """None when there is no repository at all to ask."""
        if not place.origin.git_dir.is_dir():
            if place.mirror is None:
                raise HostRefused("The repository is not on this machine any more.")
            return None
        return await self._readers.ask(place.origin.git_dir, question)

    async def _commit(self, place: Place, commit: str) -> CommitObject:
        found = await self._ask(place, lambda cat: read_commit(cat, commit))
        if found is None:
            raise gone(commit)
        return found
