"""Forks: where Bitbucket Cloud has the commits of their pull requests, which the target repository does not give out.

Which repository is meant, and whether everybody may read it, the API is asked; what a payload says of a fork is not believed. A fork
that the bot's token does not reach counts as none: its commits can't be had.
"""

from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.bitbucket.client import Client, at, read
from providers.bitbucket.cloud import api, payloads
from providers.bitbucket.cloud.commits import WHOLE, Commits
from providers.bitbucket.cloud.events import NAME


class Forks:
    def __init__(self, client: Client, commits: Commits) -> None:
        self._client = client
        self._commits = commits

    async def whole(self, repository: Repository, number: int, commit: str) -> str:
        """The whole id of a commit of the pull request, as its fork has it; as it is where the fork can't be asked."""
        if not commit or len(commit) >= WHOLE:
            return commit
        try:
            answer = await self._client.get_or_none(f"{api.of(repository)}/pullrequests/{number}")
            fork = read(payloads.PullRequest, answer).source.repository if answer else None
            if fork is None:
                return commit
            return await self._commits.whole(Repository(NAME, fork.uuid, fork.full_name), commit)
        except HostRefused:
            return commit

    async def of_commit(self, repository: Repository, commit: str) -> str:
        """The full name of the fork with an open pull request of the commit, if everybody may read it; else ""."""
        try:
            fork = await self._proposing(repository, commit)
            return await self._public(fork) if fork else ""
        except HostRefused:
            return ""

    async def _proposing(self, repository: Repository, commit: str) -> str:
        """Its UUID."""
        query = {"state": "OPEN", "pagelen": api.PULL_REQUESTS_PAGE}
        async for page in api.pages(self._client, payloads.PullRequests, f"{api.of(repository)}/pullrequests", query):
            for source in (one.source for one in page.values):
                fork = source.repository
                proposed = source.commit is not None and commit.startswith(source.commit.hash)
                if proposed and fork is not None and fork.uuid != repository.id:
                    return fork.uuid
        return ""

    async def _public(self, fork: str) -> str:
        answer = await self._client.get_or_none(at("repositories", "{}", fork), api.DETAILS)
        found = read(payloads.RepositoryDetails, answer) if answer else None
        return found.full_name if found is not None and not found.is_private else ""
