"""What the bot changes in a repository on Bitbucket Data Center itself: commits that it pushes, and pull requests that it opens.

https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (get pull requests for repository, create,
update and decline a pull request). Its token needs the permission *Repository write*.
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


class _Version(Model):
    version: int


class _Made(_Version):
    id: Id
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
        words = {"title": shortened(proposal.title, LONGEST_TITLE), "description": proposal.text}
        found = await self._open(repository, proposal.source, proposal.target)
        if found is not None:
            await self._client.ask("PUT", f"{path}/{found.id}", {**words, "version": found.version})
            return found.id
        where = {"slug": slug, "project": {"key": project}}
        source, target = _ref(proposal.source), _ref(proposal.target)
        ends = {"fromRef": {"id": source, "repository": where}, "toRef": {"id": target, "repository": where}}
        return read(_Made, await self._client.ask("POST", path, {**words, **ends})).id

    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        found = await self._open(repository, source, target)
        return found.id if found is not None else None

    async def withdraw(self, repository: Repository, number: int) -> None:
        """It takes only the newest version, and a body of JSON: a request without one is taken for a form's."""
        path = f"{await self._addresses.of(repository)}/pull-requests/{number}"
        version = read(_Version, await self._client.get(path)).version
        await self._client.ask("POST", f"{path}/decline", {"version": version}, {"version": str(version)})

    async def _open(self, repository: Repository, source: str, target: str) -> _Made | None:
        path = f"{await self._addresses.of(repository)}/pull-requests"
        query = {"state": "OPEN", "at": _ref(source), "direction": "OUTGOING", "limit": "100"}
        listed = read(_Listed, await self._client.get(path, query)).values
        ends = (_ref(source), _ref(target))
        return next((one for one in listed if (one.fromRef.id, one.toRef.id) == ends), None)


def _ref(branch: str) -> str:
    return f"refs/heads/{branch}"
