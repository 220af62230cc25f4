"""What the bot changes in a repository on GitHub itself: commits that it pushes, and pull requests that it opens.

https://docs.github.com/en/rest/pulls/pulls (list, create, update a pull request). An App needs *Contents: write* for pushes.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from github import Github
from pydantic import TypeAdapter

from bot.model.git_deployment import Proposal
from bot.model.repository import Repository
from bot.ports import GitRemote, HostRefused
from providers.base.names import Names
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.github.client import GitHubClient
from providers.github.objects import number_of
from providers.github.sign_in import PUSHING, about

LONGEST_TITLE = 256


class _Made(Model):
    number: Id


T = TypeVar("T")

_ONE: TypeAdapter[_Made] = TypeAdapter(_Made)
_LISTED: TypeAdapter[list[_Made]] = TypeAdapter(list[_Made])


class GitHubContributing:
    """See `ports.Contributing`. `url` is where Git and pages are."""

    def __init__(self, client: GitHubClient, names: Names, url: str, *, signs_in: bool) -> None:
        self._client = client
        self._names = names
        self._url = url
        self._signs_in = signs_in

    async def remote(self, repository: Repository) -> GitRemote:
        if not self._signs_in:
            raise HostRefused("nobody may push to GitHub without a token")
        url = f"{self._url}/{quote(self._names.name(repository))}.git"
        try:
            token = await self._client.token(about(repository, PUSHING))
        except HostRefused as refusal:
            raise HostRefused(f"{refusal} (pushes need the permission Contents: write)") from None
        return GitRemote(url, "x-access-token", token)

    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        words = {"title": shortened(proposal.title, LONGEST_TITLE), "body": proposal.text}
        number = await self.proposed(repository, proposal.source, proposal.target)
        if number is not None:
            await self._ask(repository, "PATCH", f"{_path(repository)}/{number}", _ONE.validate_python, words)
            return number
        body = {**words, "head": proposal.source, "base": proposal.target, "maintainer_can_modify": False}
        return (await self._ask(repository, "POST", _path(repository), _ONE.validate_python, body)).number

    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        owner = self._names.name(repository).partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{source}", "base": target}
        listed = await self._ask(repository, "GET", _path(repository), _LISTED.validate_python, query=query)
        return listed[0].number if listed else None

    async def withdraw(self, repository: Repository, number: int) -> None:
        path = f"{_path(repository)}/{number}"
        await self._ask(repository, "PATCH", path, _ONE.validate_python, {"state": "closed"})

    async def _ask(
        self,
        repository: Repository,
        verb: str,
        path: str,
        read: Callable[[Any], T],
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> T:
        def ask(github: Github) -> T:
            return read(github.requester.requestJsonAndCheck(verb, path, parameters=query, input=body)[1])

        return await self._client.call(ask, about(repository))


def _path(repository: Repository) -> str:
    return f"/repositories/{number_of(repository.id)}/pulls"
