"""What the bot changes in a repository on Bitbucket Data Center itself: commits that it pushes, and pull requests that it opens.

https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (get pull requests for repository, create and
update a pull request). Its token needs the permission *Repository write*.
"""

from collections.abc import Awaitable, Callable

from bot.model.git_deployment import Proposal
from bot.model.repository import Repository
from bot.ports import GitRemote
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.bitbucket.client import Client, read
from providers.bitbucket.data_center.api import Addresses

LONGEST_TITLE = 255


class _Ref(Model):
    id: str


class _Made(Model):
    id: Id
    version: int
    fromRef: _Ref  # noqa: N815
    toRef: _Ref  # noqa: N815


class _Listed(Model):
    values: tuple[_Made, ...] = ()


class DataCenterContributing:
    """See `ports.Contributing`. `remote` is where Git fetches from, by the same token."""

    def __init__(
        self, client: Client, addresses: Addresses, remote: Callable[[Repository], Awaitable[GitRemote]]
    ) -> None:
        self._client = client
        self._addresses = addresses
        self._remote = remote

    async def remote(self, repository: Repository) -> GitRemote:
        return await self._remote(repository)

    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        address = await self._addresses.of(repository)
        path = f"{address}/pull-requests"
        project, _, slug = self._addresses.name(repository).partition("/")
        source, target = f"refs/heads/{proposal.source}", f"refs/heads/{proposal.target}"
        words = {"title": shortened(proposal.title, LONGEST_TITLE), "description": proposal.text}
        query = {"state": "OPEN", "at": source, "direction": "OUTGOING", "limit": "100"}
        listed = read(_Listed, await self._client.get(path, query)).values
        found = next((one for one in listed if (one.fromRef.id, one.toRef.id) == (source, target)), None)
        if found is not None:
            await self._client.ask("PUT", f"{path}/{found.id}", {**words, "version": found.version})
            return found.id
        where = {"slug": slug, "project": {"key": project}}
        ends = {"fromRef": {"id": source, "repository": where}, "toRef": {"id": target, "repository": where}}
        return read(_Made, await self._client.ask("POST", path, {**words, **ends})).id
