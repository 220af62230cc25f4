"""Repositories that a person changes by way of the bot: with their own git, its configuration, SSH agent and credential helpers.

What is done here, on the copy of a moment, is done as in `branches`. Whatever fails at the other end is told at once in git's own words: somebody is
there to mend it, and runs it again.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from bot.model.repository import RefKind
from bot.ports import Author, BranchMoved, GitRemote, HostRefused
from bot.sources.branches import OpenGitBranches, has_moved, said_by
from bot.sources.configuration import environment_for_git, write_configuration
from bot.sources.credentials import bare_url
from bot.sources.failures import last_line
from bot.sources.git import Command, Git, GitFailed
from bot.sources.layout import make_mirror
from bot.sources.listing import read
from bot.sources.removal import remove

TIMEOUT = 300.0

_OF_ONE_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""What tells git of a repository, in a hook say: https://git-scm.com/docs/git#_environment_variables. The rest is the person's own choice."""


class OwnBranches:
    """See `bot.ports.Branches`. `directory` is thrown away afterwards; `inherited` is the person's environment."""

    def __init__(self, directory: Path, inherited: Mapping[str, str]) -> None:
        directory.mkdir(parents=True, mode=0o700)
        write_configuration(directory / "gitconfig")
        self._directory = directory
        self._here = Git(environment_for_git(directory / "gitconfig", inherited), local=2, network=1)
        kept = {name: value for name, value in inherited.items() if name not in _OF_ONE_REPOSITORY}
        # English, since its complaints are read; nobody can answer a question, since git has no terminal here.
        self._there = Git({**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}, local=2, network=2)

    async def close(self) -> None:
        await self._here.close()
        await self._there.close()

    @asynccontextmanager
    async def open(self, remote: GitRemote, branches: Sequence[str]) -> AsyncIterator[OpenGitBranches]:
        folder = self._directory / uuid4().hex
        try:
            listed = await self._git(remote, ["ls-remote", "--quiet", "--heads", "--", remote.url], self._directory)
            there = {ref.name: commit for ref, commit in read(listed).items() if ref.kind is RefKind.BRANCH}
            heads = {branch: there[branch] for branch in branches if branch in there}
            make_mirror(folder, len(next(iter(there.values()), "0" * 40)))
            opened = OpenGitBranches(self._here, folder, heads, partial(self._remotely, remote, folder))
            await opened.fetch()
            yield opened
        finally:
            await remove(folder)

    async def author(self) -> Author | None:
        """As the person's git names them; None where it can't."""
        try:
            ident = await self._there.run(self._directory, "var", "GIT_AUTHOR_IDENT")
        except GitFailed:
            return None
        name, _, rest = ident.decode("utf-8", "replace").partition(" <")
        return Author(name, rest.partition(">")[0])

    async def _remotely(
        self, remote: GitRemote, folder: Path, arguments: Sequence[str], refspecs: Sequence[str]
    ) -> None:
        await self._git(remote, ["--git-dir=.", *arguments, remote.url, *refspecs], folder)

    async def _git(self, remote: GitRemote, arguments: Sequence[str], folder: Path) -> bytes:
        try:
            return await self._there.run_remote(Command(arguments, folder), TIMEOUT)
        except GitFailed as error:
            if has_moved(error):
                raise BranchMoved from None
            raise HostRefused(f"git can't do that at {bare_url(remote.url)}: {_said(error.errors)}") from None


def _said(errors: str) -> str:
    """The other end's reason where it gives one, or else what came first: ssh says why before git says that it was so."""
    if said := said_by(errors):
        return said
    lines = [line for line in errors.splitlines() if line.strip()]
    last = next((n for n, line in enumerate(lines) if line.startswith(("fatal:", "error:"))), len(lines) - 1)
    return last_line(" ".join(lines[: last + 1]))
