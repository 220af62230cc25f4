"""What the bot changes in a repository of the embedded host itself: it pushes over smart HTTP as its user, and opens pull requests, as anybody does."""

from sqlalchemy import Connection

from bot.model.git_deployment import Proposal
from bot.model.repository import Repository
from bot.ports import Clock, GitRemote
from providers.local.host import people, pull_requests, repositories
from providers.local.host.host import Host
from providers.local.host.people import BOT
from providers.local.host.pull_requests import TITLE_LIMIT
from providers.local.host.repositories import Repo
from providers.local.words import in_our_words, number_in

_LIVES = 3600.0
"""Seconds that the token of a push is good for."""


class LocalContributing:
    """See `ports.Contributing`."""

    def __init__(self, host: Host, clock: Clock) -> None:
        self._host = host
        self._clock = clock
        self._token, self._until = "", 0.0

    @in_our_words
    async def remote(self, repository: Repository) -> GitRemote:
        now = self._clock.now()
        if now >= self._until - _LIVES / 2:
            self._until = now + _LIVES
            self._token = await self._host.database.run(_issue, self._until)
        repo = await self._repo(repository)
        return GitRemote(self._host.here(repo.full_name), BOT, self._token)

    @in_our_words
    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        """What the pull request is about stands in its commit: the host shows no other text."""
        repo, title = await self._repo(repository), proposal.title[:TITLE_LIMIT]
        found = await self.proposed(repository, proposal.source, proposal.target)
        if found is not None:
            await self._host.database.run(pull_requests.retitle, repo, found, title)
            return found
        bot = await self._host.user(BOT)
        return (await self._host.changes.open(repo, bot, proposal.source, proposal.target, title)).number

    @in_our_words
    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        repo = await self._repo(repository)
        found = await self._host.database.run(pull_requests.open_between, repo, source, target)
        return found.number if found is not None else None

    @in_our_words
    async def withdraw(self, repository: Repository, number: int) -> None:
        await self._host.changes.close(await self._repo(repository), number, await self._host.user(BOT))

    async def _repo(self, repository: Repository) -> Repo:
        return await self._host.database.run(repositories.by_id, number_in(repository.id) or 0)


def _issue(connection: Connection, until: float) -> str:
    return people.issue_token(connection, people.the_user(connection, BOT), "access", until)
