"""The working tree as a source, for `penstock run`: what is on disk now, changes not committed included, ignored files not.

It is the counterpart of the mirror: same port, no host, no network.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import CommitUnavailable


class WorkingTree:
    """A folder that a person works in, as `ports.Sources`. It need not be a Git repository."""

    def __init__(self, root: Path) -> None:
        self._root = root

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

    async def changed_paths(self, repository: Repository, before: str, after: str) -> tuple[str, ...]:  # noqa: ARG002  the port's signature
        return ()

    async def describe(self, repository: Repository, commit: str) -> tuple[str, str]:  # noqa: ARG002  the port's signature
        message = await self._git("log", "-1", "--format=%B")
        when = await self._git("log", "-1", "--format=%aI")
        return message.strip(), when.strip()

    async def head(self) -> tuple[str, str]:
        """The commit and the branch that are checked out, "" for what there is not."""
        commit = (await self._git("rev-parse", "--verify", "--quiet", "HEAD")).strip()
        branch = (await self._git("symbolic-ref", "--short", "--quiet", "HEAD")).strip()
        return commit, branch

    async def check_out(self, repository: Repository, commit: str, checkout: Checkout, into: Path) -> None:  # noqa: ARG002  the port's signature
        """A copy of the tree at `into`, with the repository's history behind it where there is one."""
        if commit:
            # --shared: objects are read where they are; nothing is copied but the tree.
            error = await self._clone(into)
            if error:
                raise CommitUnavailable(f"the working tree could not be copied: {error}")
        listed = await self._git("ls-files", "--cached", "--others", "--exclude-standard", "-z") if commit else None
        await asyncio.to_thread(_copy, self._root, into, listed)

    async def _clone(self, into: Path) -> str:
        process = await asyncio.create_subprocess_exec(
            "git", "clone", "--quiet", "--shared", "--no-checkout", "--", str(self._root), str(into),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, stderr = await process.communicate()
        if process.returncode:
            return stderr.decode(errors="replace").strip()
        reset = await asyncio.create_subprocess_exec("git", "reset", "--quiet", cwd=into)
        await reset.wait()
        return ""

    async def _git(self, *words: str) -> str:
        """What git prints; "" when it fails, as it does outside a repository or before the first commit."""
        process = await asyncio.create_subprocess_exec(
            "git", *words, cwd=self._root, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )  # fmt: skip
        stdout, _ = await process.communicate()
        return stdout.decode(errors="surrogateescape") if process.returncode == 0 else ""


def _copy(root: Path, into: Path, listed: str | None) -> None:
    if listed is None:
        shutil.copytree(root, into, symlinks=True, dirs_exist_ok=True)
        return
    for name in filter(None, listed.split("\0")):
        source, target = root / name, into / name
        if not source.is_symlink() and not source.is_file():
            continue  # deleted here but not committed, or a submodule's folder
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            shutil.copy2(source, target)
