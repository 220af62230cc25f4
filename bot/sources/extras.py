"""What a checkout has only on request: submodules and large files, those of submodules included.

Each submodule has a mirror, like any repository: what was fetched once is not fetched again.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.model.pipeline import Checkout
from bot.ports import CommitUnavailable, GitRemote, HostRefused, HostUnavailable, SourceRefused
from bot.sources.access import Access
from bot.sources.failures import FetchRefused, NotPossible
from bot.sources.git import Git
from bot.sources.layout import keep_while_there, register_submodule
from bot.sources.lfs import LargeFiles
from bot.sources.places import Place, Places
from bot.sources.submodules import Submodule, read_submodules, shown
from bot.sources.worktree import WorkTrees

NESTED = 10
"""How deep submodules may lie in each other: whoever writes them can make the chain endless."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A work tree to fill, at `into`. `remote` is where its repository is; `path` where it lies in the whole, "" for the whole."""

    into: Path
    remote: GitRemote
    path: str = ""
    level: int = 0

    @property
    def words(self) -> str:
        return f"the submodule {shown(self.path)}" if self.path else "the repository"


class Extras:
    """Fills in what `Checkout` asks for beyond the files."""

    def __init__(self, git: Git, trees: WorkTrees, large: LargeFiles, places: Places) -> None:
        self._git = git
        self._trees = trees
        self._large = large
        self._places = places
        self._closed: set[str] = set()

    async def add(self, tree: Tree, checkout: Checkout, access: Access) -> None:
        """Raises NotPossible with the reasons in words, HostUnavailable, GitFailed."""
        if checkout.lfs:
            await self._large.add(tree.into, tree.words, tree.remote, access)
        if not checkout.submodules:
            return
        submodules = await read_submodules(self._git, tree.into, tree.remote.url, tree.words)
        if submodules and tree.level == NESTED:
            raise NotPossible(f"Submodules lie more than {NESTED} deep in each other, in {tree.words}.")
        ends = await asyncio.gather(
            *(self._add_one(tree, submodule, checkout, access) for submodule in submodules), return_exceptions=True
        )
        _raise_first_or_all([end for end in ends if end is not None])

    async def _add_one(self, tree: Tree, submodule: Submodule, checkout: Checkout, access: Access) -> None:
        path = f"{tree.path}/{submodule.path}".lstrip("/")
        try:
            place = await self._open(submodule, checkout.depth, access)
            await place.have([submodule.commit], checkout.depth)
            inner = Tree(tree.into / submodule.path, await place.remote(), path, tree.level + 1)
            _check_room(tree.into, submodule.path)
            await self._trees.check_out(place.origin, submodule.commit, checkout.depth, inner.into)
        except (CommitUnavailable, HostRefused, HostUnavailable) as error:
            if isinstance(error, HostUnavailable) and access.is_beside(submodule.url):
                raise
            raise NotPossible(f"The submodule {shown(path)} could not be fetched: {_words(error, submodule)}") from None
        keep_while_there(place.origin.git_dir, submodule.commit, inner.into)
        register_submodule(tree.into, submodule.name, place.origin.url)
        await self.add(inner, checkout, access)

    async def _open(self, submodule: Submodule, depth: int, access: Access) -> Place:
        """As everybody sees it where everybody may; else by the host's leave, which is asked for each time.

        Who was turned away as a nobody once begins with that. Raises NotPossible.
        """
        url, name = submodule.url, access.name(submodule.url)
        place, why, said = None, "", ""
        leave_first = bool(name) and (access.is_own(name) or access.own.path is not None or url in self._closed)
        if leave_first:
            place, why = await self._by_leave(name, access)
        if place is None:
            place, said = await self._for_everybody(submodule, depth)
        if place is None and name and not leave_first:
            self._closed.add(url)
            place, why = await self._by_leave(name, access)
        if place is None:
            raise NotPossible(access.refusal(url, said, why))
        return place

    async def _by_leave(self, name: str, access: Access) -> tuple[Place | None, str]:
        """Where the repository of that name is, or why the people concerned may not read it."""
        try:
            return await self._places.of(await access.open(name)), ""
        except SourceRefused as refused:
            return None, str(refused)

    async def _for_everybody(self, submodule: Submodule, depth: int) -> tuple[Place | None, str]:
        """The repository as everybody sees it, with the commit; or what git says of the host's refusal."""
        place = self._places.for_everybody(submodule.url, len(submodule.commit))
        try:
            await place.have([submodule.commit], depth)
        except FetchRefused as error:
            return None, error.said
        return place, ""


def _words(error: Exception, submodule: Submodule) -> str:
    if isinstance(error, CommitUnavailable) and not isinstance(error, NotPossible):
        return (
            f"its commit {submodule.commit[:7]} is not on its host. Push the submodule's own commits, too "
            "(`git push --recurse-submodules=on-demand`)."
        )
    return str(error)


def _check_room(into: Path, path: str) -> None:
    """The folder is the work tree's own, and empty: git made it so, unless the commit holds what deceives git."""
    folder = into
    for part in Path(path).parts:
        folder /= part
        if folder.is_symlink() or not folder.is_dir():
            raise NotPossible("something else is in the place of its folder.")
    if any(folder.iterdir()):
        raise NotPossible("its folder is not empty.")


def _raise_first_or_all(failures: list[BaseException]) -> None:
    """What concerns users is told all at once; anything else is raised as it is."""
    for failure in failures:
        if not isinstance(failure, NotPossible):
            raise failure
    if failures:
        raise NotPossible(" ".join(str(failure) for failure in failures))
