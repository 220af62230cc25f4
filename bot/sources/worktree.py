"""Checking a commit out: a work tree with a `.git` of its own that borrows its objects, filled by one git process."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.sources.content import CommitObject
from bot.sources.failures import gone, refused_checkout
from bot.sources.git import Git, GitFailed
from bot.sources.layout import cut, make_work_tree
from bot.sources.lookup import read_commit, read_history
from bot.sources.objects import CatFile, Readers
from bot.sources.removal import remove


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a work tree's objects lie, and where its `origin` points to."""

    git_dir: Path
    url: str


class WorkTrees:
    """Makes work trees."""

    def __init__(self, git: Git, readers: Readers) -> None:
        self._git = git
        self._readers = readers

    async def check_out(self, origin: Origin, commit: str, depth: int, into: Path) -> None:
        """Make the work tree at `into`; on failure nothing of it is left. Raises CommitUnavailable, GitFailed."""
        found, edge = await self._readers.ask(origin.git_dir, partial(_survey, origin.git_dir, commit, depth))
        if found is None:
            raise gone(commit)
        refs = {} if depth else await self._refs(origin.git_dir)
        make = partial(make_work_tree, into, found.id, origin.git_dir / "objects", origin.url, edge, refs)
        try:
            await self._git.in_thread(make)
            await self._fill(into, found.id)
        except BaseException:
            await remove(into)
            raise

    async def _fill(self, into: Path, commit: str) -> None:
        try:
            await self._git.run(into, "read-tree", "-u", "-m", commit)
        except GitFailed as error:
            raise refused_checkout(error, commit) from None

    async def _refs(self, git_dir: Path) -> dict[str, str]:
        """Branches and tags as a clone of the whole history would have them."""
        refs = await self._git.run(
            git_dir, "--git-dir=.", "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"
        )
        lines = (line.split(" ", 1) for line in refs.decode("utf-8", "surrogateescape").splitlines())
        return {name.replace("refs/heads/", "refs/remotes/origin/", 1): oid for oid, name in lines}


def _survey(git_dir: Path, commit: str, depth: int, cat: CatFile) -> tuple[CommitObject | None, tuple[str, ...]]:
    """The commit, and where its history is cut: as deep as was asked for, whatever else lies in the mirror."""
    if depth:
        return read_commit(cat, commit), read_history(cat, commit, depth).edge
    return read_commit(cat, commit), tuple(cut(git_dir))
