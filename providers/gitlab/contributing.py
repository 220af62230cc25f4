"""What the bot changes in a project on GitLab itself: commits that it pushes, and merge requests that it opens.

https://docs.gitlab.com/api/merge_requests/ (list project merge requests, create MR, update MR). A token that has the scope `api` may push, too:
https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes
"""

from collections.abc import Awaitable, Callable

from bot.model.git_deployment import Proposal
from bot.model.repository import Repository
from bot.ports import GitRemote
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.gitlab.client import GitLabClient
from providers.gitlab.objects import project_path

LONGEST_TITLE = 255


class _Made(Model):
    iid: Id


class GitLabContributing:
    """See `ports.Contributing`. `remote` is where Git fetches from, by the same token."""

    def __init__(self, client: GitLabClient, remote: Callable[[Repository], Awaitable[GitRemote]]) -> None:
        self._client = client
        self._remote = remote

    async def remote(self, repository: Repository) -> GitRemote:
        return await self._remote(repository)

    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        path = _path(repository)
        words = {"title": shortened(proposal.title, LONGEST_TITLE), "description": proposal.text}
        known = await self.proposed(repository, proposal.source, proposal.target)
        if known is not None:
            await self._client.put(f"{path}/{known}", words, _Made)
            return known
        ends = {"source_branch": proposal.source, "target_branch": proposal.target}
        return (await self._client.post(path, {**words, **ends, "remove_source_branch": True}, _Made)).iid

    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        query = {"state": "opened", "source_branch": source, "target_branch": target}
        listed = await self._client.get(_path(repository), list[_Made], query)
        return listed[0].iid if listed else None

    async def withdraw(self, repository: Repository, number: int) -> None:
        await self._client.put(f"{_path(repository)}/{number}", {"state_event": "close"}, _Made)


def _path(repository: Repository) -> str:
    return f"{project_path(repository)}/merge_requests"
