"""The working tree as a source, for `penstock run`: what is on disk now, changes not committed included, ignored files not.

It is the counterpart of the mirror: same port, no host, no network.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import CommitUnavailable
from bot.sources.removal import remove


class WorkingTree:
    """A folder that a person works in, as `ports.Sources`. It need not be a Git repository."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    async def around(cls, folder: Path) -> "WorkingTree":
        """The tree that the folder is in: Git's, from its top, or else the folder itself."""
        here = cls(folder)
        top = await here._git("rev-parse", "--show-toplevel")
        return cls(Path(top.removesuffix("\n")) if top else folder)

    @property
    def root(self) -> Path:
        return self._root

    async def fetch(self, repository: Repository, commits: Sequence[str], checkout: Checkout) -> None:
        """Nothing to fetch: what is run is here."""

    async def files(self, repository: Repository, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:  # noqa: ARG002  the port's signature
        found: dict[str, bytes] = {}
        for path in paths:
            target = self._root / path
            if path.endswith("/"):
                files = sorted(entry for entry in target.glob("*") if entry.is_file())
                found |= {f"{path}{entry.name}": entry.read_bytes() for entry in files}
            elif target.is_file():
                found[path] = target.read_bytes()
        return found

    async def changed_paths(self, *_: object, **__: object) -> tuple[str, ...]:
        return ()

    async def prune(self, *_: object, **__: object) -> int:
        return 0

    async def describe(self, repository: Repository, commit: str) -> tuple[str, str]:  # noqa: ARG002  the port's signature
        message = await self._git("log", "-1", "--format=%B")
        when = await self._git("log", "-1", "--format=%aI")
        return message.strip(), when.strip()

    async def head(self) -> tuple[str, str]:
        """The commit and the branch that are checked out, "" for what there is not."""
        commit = (await self._git("rev-parse", "--verify", "--quiet", "HEAD")).strip()
        branch = (await self._git("symbolic-ref", "--short", "--quiet", "HEAD")).strip()
        return commit, branch

    async def differs(self) -> bool:
        """Whether anything that would be run is not as the commit has it: changed, new or gone."""
        return bool(await self._git("status", "--porcelain", "--untracked-files=normal"))

    async def check_out(
        self,
        repository: Repository,  # noqa: ARG002  the port's signature
        commit: str,
        checkout: Checkout,
        into: Path,
        people: Sequence[Person] = (),  # noqa: ARG002
    ) -> None:
        """A copy of the tree at `into`, with the repository's history behind it where there is one and it is asked for."""
        if commit and checkout.format == "clone":
            await self._clone(into)
        inside = await self._git("rev-parse", "--is-inside-work-tree")
        listed = await self._git("ls-files", "--cached", "--others", "--exclude-standard", "-z") if inside else None
        try:
            await self._copy(into, listed)
        except OSError as error:
            raise CommitUnavailable(f"the working tree could not be copied: {error}") from None

    async def remove(self, path: Path) -> None:
        await remove(path)

    async def _copy(self, into: Path, listed: str | None) -> None:
        """Nothing writes into the copy any more when this has ended, even if it was cancelled: it may then be removed."""
        given_up = Event()
        copying = asyncio.create_task(asyncio.to_thread(_copy, self._root, into, listed, given_up))
        try:
            await asyncio.shield(copying)
        except asyncio.CancelledError:
            given_up.set()
            await asyncio.gather(copying, return_exceptions=True)
            raise

    async def _clone(self, into: Path) -> None:
        """The history alone. Without its remote: a `git push` of an action would reach the person's own repository."""
        # --shared: objects are read where they are, nothing is copied.
        await self._history(
            self._root, "clone", "--quiet", "--shared", "--no-checkout", "--", str(self._root), str(into)
        )
        await self._history(into, "reset", "--quiet")
        await self._history(into, "remote", "remove", "origin")

    async def _history(self, folder: Path, *words: str) -> None:
        status, _, errors = await _git(folder, *words)
        if status:
            raise CommitUnavailable(f"the working tree could not be copied: {errors.decode(errors='replace').strip()}")

    async def _git(self, *words: str) -> str:
        """What git prints; "" when it fails, as it does outside a repository or before the first commit."""
        status, printed, _ = await _git(self._root, *words)
        return printed.decode(errors="surrogateescape") if status == 0 else ""


async def _git(folder: Path, *words: str) -> tuple[int, bytes, bytes]:
    """Git's exit status, output and complaints. It has ended when this has, even if it was cancelled."""
    process = await asyncio.create_subprocess_exec(
        "git", *words, cwd=folder, env=_environment(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        printed, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, printed, errors


def _environment() -> dict[str, str]:
    """Ours without what tells git of a repository: a hook's GIT_DIR and GIT_INDEX_FILE would make every call one on the person's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_OPTIONAL_LOCKS": "0"}


def _copy(root: Path, into: Path, listed: str | None, given_up: Event) -> None:
    def copy(source: str, target: str) -> None:
        if given_up.is_set():
            raise _GivenUp
        shutil.copy2(source, target)

    if listed is None:
        shutil.copytree(root, into, symlinks=True, dirs_exist_ok=True, ignore=_except(into), copy_function=copy)
        return
    for name in filter(None, listed.split("\0")):
        source, target = root / name, into / name
        if not source.is_symlink() and not source.is_file():
            continue  # deleted here but not committed, or a submodule's folder
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            copy(str(source), str(target))


class _GivenUp(Exception):
    """Nobody wants the copy any more."""


def _except(into: Path) -> Callable[[str, list[str]], Iterable[str]]:
    """Leave the copy out of itself, when it lies in the tree that is copied."""
    return lambda folder, names: [name for name in names if Path(folder, name) in (into, *into.parents)]
