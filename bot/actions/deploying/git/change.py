"""What one attempt at a deployment by Git is to change where, and the commit that it comes to. Pushing it is `action`'s, or `proposals`'."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.actions.deploying import Attempt
from bot.actions.deploying.git import words
from bot.actions.deploying.git.edits import EditRefused, with_set
from bot.model.execution import ActionStatus
from bot.model.git_deployment import GitDeploy
from bot.model.repository import Repository
from bot.ports import ActionContext, ActionOutcome, Author, BranchCommit, Branches, GitRemote, NewCommit, OpenBranch

AUTHOR = Author("Penstock", "penstock@noreply.invalid")


class Repositories(Protocol):
    """Those that may be changed."""

    async def find(self, wanted: str, repository: Repository) -> Repository:
        """One for another. Raises NotGranted; HostUnavailable."""

    async def remote(self, repository: Repository) -> GitRemote:
        """Where git fetches it from and pushes to. Raises ProviderError."""

    def page(self, repository: Repository, commit: str) -> str:
        """Of a commit, for people; "" where it has none."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a commit tells of itself: `author`, `origin`, which names what is deployed, and `url`, the execution's page or ""."""

    author: Author
    origin: str
    url: str


@dataclass(frozen=True, slots=True)
class Change:
    """One attempt: what the file asks for with its references replaced; `files` are the artifact's, by where they go, some of them `executable`."""

    attempt: Attempt
    work: GitDeploy
    repository: Repository
    repositories: Repositories
    files: Mapping[str, bytes]
    executable: Collection[str]
    signature: Signature

    @property
    def context(self) -> ActionContext:
        return self.attempt.context

    @property
    def where(self) -> str:
        return f"{self.repository.full_name}, branch {self.work.branch}"

    @property
    def so_already(self) -> str:
        return f"nothing to change: {self.where} says so already"

    @asynccontextmanager
    async def opened(self, branches: Branches, *names: str) -> AsyncIterator[OpenBranch]:
        """The repository's branches of these names. Raises ProviderError."""
        remote = await self.repositories.remote(self.repository)
        async with branches.open(remote, names) as opened:
            yield opened

    async def target(self, opened: OpenBranch) -> list[BranchCommit]:
        """The newest commits of the branch that is to change. Raises EditRefused where there is none."""
        commits = list(await opened.newest(self.work.branch))
        if not commits:
            raise EditRefused(f"{self.repository.full_name} has no branch {self.work.branch}")
        return commits

    async def commit(self, opened: OpenBranch, parent: str, now: float) -> str:
        """Its id; "" where everything is so already. Raises EditRefused."""
        work, edits = self.work, self.files
        if not work.files:
            there = await opened.read(parent, work.paths)
            edits = await asyncio.to_thread(with_set, there, work.paths, work.set)
            for path in edits:
                self.attempt.line(f"set in {path}: {', '.join(work.set)}")
        if not edits:
            return ""
        signature = self.signature
        message = words.commit_message(self.context, work.message, signature.origin, signature.url)
        return await opened.commit(NewCommit(parent, edits, self.executable, message, signature.author, now))

    def done(self, commit: str, summary: str, **more: str) -> ActionOutcome:
        outputs = {"CommitId": commit, "Repository": self.repository.full_name, **more}
        url = self.repositories.page(self.repository, commit)
        return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, summary, outputs=outputs, external_url=url)
