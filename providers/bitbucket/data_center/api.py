"""Bitbucket Data Center's REST API 1.0 as far as it is asked: addresses and pages.

https://developer.atlassian.com/server/bitbucket/rest/v906/intro/
"""

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from bot.model.repository import Repository
from bot.ports import HostRefused, HostUnavailable
from providers.base.names import Names
from providers.bitbucket.client import Client, at, read
from providers.bitbucket.data_center import payloads

P = TypeVar("P", bound=payloads.Page)

PATH = "/rest/api/1.0"
PAGE_LENGTH = "500"
"""A host may give fewer: https://developer.atlassian.com/server/bitbucket/rest/v906/intro/#paged-apis"""

PAGES = 200


class Addresses:
    """Where a repository is now. Its id stays, but addresses are made of names, and a name can become another repository's."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = Names()
        self._sure: set[tuple[str, str]] = set()

    def learn(self, repository: Repository) -> None:
        """A signed delivery tells the newest name, so it is sure."""
        self.hear(repository)
        self._sure.add((repository.id, repository.full_name))

    def hear(self, repository: Repository) -> None:
        """It was called so when it was last heard of."""
        self._sure.difference_update(self._names.learn(repository))

    def name(self, repository: Repository) -> str:
        return self._names.name(repository)

    async def of(self, repository: Repository) -> str:
        """The address of the repository, made sure of once. Raises HostRefused when another one is there."""
        name = self.name(repository)
        path = self._path(name)
        if (repository.id, name) not in self._sure:
            await self.details(repository)
            self._sure.add((repository.id, name))
        return path

    async def details(self, repository: Repository) -> payloads.Repository:
        found = read(payloads.Repository, await self._client.get(self._path(self.name(repository))))
        if str(found.id) != repository.id:
            raise HostRefused(f"{self.name(repository)} is the name of another repository by now")
        return found

    def _path(self, name: str) -> str:
        project, _, slug = name.partition("/")
        return at("projects", project, "repos", slug)


async def pages(client: Client, model: type[P], path: str, query: Mapping[str, str] | None = None) -> AsyncIterator[P]:
    """Every page of a list."""
    start = 0
    for _ in range(PAGES):
        page = read(model, await client.get(path, {"limit": PAGE_LENGTH, "start": str(start), **(query or {})}))
        yield page
        if page.isLastPage or page.nextPageStart is None:
            return
        if page.nextPageStart <= start:
            break
        start = page.nextPageStart
    raise HostUnavailable("Bitbucket's pages do not end")
