"""A Git source: a branch of a repository on a host that the bot is set up for, through the mirrors that all commits come by.

A file names a host and a repository, never an address: there is nothing to lead the bot elsewhere with.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from bot.actions.source.access import ReadAccess, refused
from bot.actions.source.kind import Asker, Fetched
from bot.core.variables import MESSAGE_LIMIT
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.model.source import GitSource, Reference, SourceRevision
from bot.ports import (
    CommitUnavailable,
    FoundRepository,
    HostRefused,
    Provider,
    SourceRefused,
    Sources,
    SourceUnavailable,
)

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FILES_ALONE = Checkout(format="zip")


class GitKind:
    """Branches of repositories."""

    def __init__(self, providers: Mapping[str, Provider], sources: Sources, access: ReadAccess) -> None:
        self._providers = providers
        self._sources = sources
        self._access = access

    async def newest(self, source: GitSource, asker: Asker) -> SourceRevision:
        repository = await self._allowed(source, asker)
        return SourceRevision(await self._head(source, repository), str(source))

    async def fetch(self, source: GitSource, asker: Asker, revision: str, into: Path) -> Fetched:
        repository = await self._allowed(source, asker)
        if revision and not _COMMIT.fullmatch(revision):
            raise SourceUnavailable(f"{revision} is no commit's id")
        commit = revision or await self._head(source, repository)
        try:
            await self._sources.fetch(repository, [commit], _FILES_ALONE)
            message, authored_at = await self._sources.describe(repository, commit)
            if source.format == "zip":
                await self._sources.check_out(repository, commit, _FILES_ALONE, into)
        except CommitUnavailable as error:
            raise SourceUnavailable(f"{repository.full_name}: {error}") from error
        except HostRefused as error:
            raise SourceRefused(f"{repository.full_name} can't be read: {error}") from error
        url = self._providers[repository.provider].page_url(repository, commit=commit)
        summary = message.partition("\n")[0].strip()
        return Fetched(
            SourceRevision(commit, str(source), summary, url, authored_at),
            _variables(source, repository, commit, message, authored_at),
            Reference(repository, commit) if source.format == "clone" else None,
        )

    async def located(self, source: GitSource, repository: Repository) -> Repository | None:
        """Where it is, whoever may read it."""
        found = await self._find(source, repository)
        return found.repository if found else None

    async def _allowed(self, source: GitSource, asker: Asker) -> Repository:
        found = await self._find(source, asker.repository)
        if found is None:
            raise refused(source.host or asker.repository.provider, source.repository, asker)
        await self._access.check(found, source.repository, asker)
        return found.repository

    async def _find(self, source: GitSource, beside: Repository) -> FoundRepository | None:
        host = source.host or beside.provider
        provider = self._providers.get(host)
        if provider is None:
            raise SourceRefused(f"the bot is not set up for the host {host}")
        try:
            return await provider.find(source.repository)
        except HostRefused as error:
            raise SourceRefused(f"{source.repository} can't be looked up: {error}") from error

    async def _head(self, source: GitSource, repository: Repository) -> str:
        try:
            head = await self._providers[repository.provider].head(repository, source.branch)
        except HostRefused as error:
            raise SourceRefused(f"{source} can't be looked up: {error}") from error
        if head is None:
            raise SourceUnavailable(f"{repository.full_name} has no branch {source.branch}")
        return head


def _variables(
    source: GitSource, repository: Repository, commit: str, message: str, authored_at: str
) -> Mapping[str, str]:
    return {
        "CommitId": commit,
        "BranchName": source.branch,
        "CommitMessage": message.encode(errors="replace")[:MESSAGE_LIMIT].decode(errors="ignore"),
        "AuthorDate": authored_at,
        "FullRepositoryName": repository.full_name,
        "RepositoryName": repository.name,
    }
