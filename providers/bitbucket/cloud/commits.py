"""Whole commit ids for their beginnings: a pull request on Bitbucket Cloud tells 12 characters, and nobody can fetch by those.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/#api-repositories-workspace-repo-slug-commit-commit-get
"""

from collections import OrderedDict

from bot.model.repository import Repository
from bot.ports import HostUnavailable
from providers.bitbucket.client import Client, at, read
from providers.bitbucket.cloud import payloads
from providers.bitbucket.cloud.api import of

WHOLE = 40
TOLD = 12
REMEMBERED = 4096


class Commits:
    """What a push told in whole is known when its pull request tells the beginning, and costs no request."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def learn(self, repository: Repository, commit: str | None) -> None:
        if commit and len(commit) >= WHOLE:
            self._known[repository.id, commit[:TOLD]] = commit
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    async def whole(self, repository: Repository, commit: str) -> str:
        """The whole id; one that the repository does not have (any more, or because a fork has it) comes back as it is."""
        if not commit or len(commit) >= WHOLE:
            return commit
        known = self._known.get((repository.id, commit[:TOLD]), "")
        return known if known.startswith(commit) else await self._ask(repository, commit)

    async def _ask(self, repository: Repository, commit: str) -> str:
        answer = await self._client.get_or_none(f"{of(repository)}{at('commit', commit)}", {"fields": "hash"})
        if answer is None:
            return commit
        found = read(payloads.CommitName, answer).hash
        if not found.startswith(commit):
            raise HostUnavailable("Bitbucket answered for another commit")
        self.learn(repository, found)
        return found
