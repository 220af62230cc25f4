"""What the bot changes in a repository on Bitbucket Cloud itself: commits that it pushes, and pull requests that it opens.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/ (list, create, update, decline a pull request). Its token needs the
scopes `repository:write` and `pullrequest:write`.
"""

from collections.abc import Awaitable, Callable

from bot.model.git_deployment import Proposal
from bot.model.repository import Repository
from bot.ports import GitRemote
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.bitbucket.client import Client, read
from providers.bitbucket.cloud import api, payloads

LONGEST_TITLE = 255


class _Made(Model):
    id: Id


class CloudContributing:
    """See `ports.Contributing`. `remote` is where Git fetches from, by the same token."""

    def __init__(self, client: Client, remote: Callable[[Repository], Awaitable[GitRemote]]) -> None:
        self._client = client
        self._remote = remote

    async def remote(self, repository: Repository) -> GitRemote:
        return await self._remote(repository)

    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        path = _path(repository)
        words = {"title": shortened(proposal.title, LONGEST_TITLE), "description": proposal.text}
        ends = {
            "source": {"branch": {"name": proposal.source}},
            "destination": {"branch": {"name": proposal.target}},
        }
        found = await self.proposed(repository, proposal.source, proposal.target)
        if found is not None:
            await self._client.ask("PUT", f"{path}/{found}", {**words, "destination": ends["destination"]})
            return found
        made = await self._client.ask("POST", path, {**words, **ends, "close_source_branch": True})
        return read(_Made, made).id

    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        """https://developer.atlassian.com/cloud/bitbucket/rest/intro/#filtering."""
        asked = f'source.branch.name = "{source}" AND destination.branch.name = "{target}"'
        query = {"state": "OPEN", "q": asked.replace("\\", ""), "pagelen": api.PULL_REQUESTS_PAGE}
        listed = read(payloads.PullRequests, await self._client.get(_path(repository), query))
        ends = (source, target)
        return next(
            (one.id for one in listed.values if (one.source.branch.name, one.destination.branch.name) == ends), None
        )

    async def withdraw(self, repository: Repository, number: int) -> None:
        await self._client.ask("POST", f"{_path(repository)}/{number}/decline")


def _path(repository: Repository) -> str:
    return f"{api.of(repository)}/pullrequests"
