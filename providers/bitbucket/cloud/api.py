"""Bitbucket Cloud's API 2.0 as far as it is asked: addresses, pages, and the questions too small for a file.

https://developer.atlassian.com/cloud/bitbucket/rest/intro/
"""

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Repository
from bot.ports import HostUnavailable
from providers.base.identity import number_of
from providers.bitbucket.client import Client, at, read
from providers.bitbucket.cloud import payloads

P = TypeVar("P", bound=payloads.Page)

PAGES = 200
"""Of one list. More is no list that anybody reads, and an endless chain of pages must end."""

PAGE_LENGTH = "100"
"""The most that lists give at once: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination"""


def of(repository: Repository) -> str:
    """By UUID alone, which a renamed or moved repository keeps: empty braces stand for whichever workspace it is in.

    https://developer.atlassian.com/cloud/bitbucket/rest/intro/#universally-unique-identifier
    """
    return at("repositories", "{}", repository.id)


def talk(repository: Repository, thread: Thread) -> str:
    """Where a thread's comments are."""
    if thread.kind is ThreadKind.PULL_REQUEST:
        number = number_of(thread.name, "Bitbucket")
        return f"{of(repository)}/pullrequests/{number}/comments"
    return f"{of(repository)}{at('commit', thread.name)}/comments"


PULL_REQUESTS_PAGE = "50"
"""Lists of pull requests give no more, whatever is written: https://github.com/jenkinsci/bitbucket-branch-source-plugin/pull/1182"""


async def pages(client: Client, model: type[P], path: str, query: Mapping[str, str] | None = None) -> AsyncIterator[P]:
    """Every page of a list."""
    page = read(model, await client.get(path, {"pagelen": PAGE_LENGTH} | dict(query or {})))
    for _ in range(PAGES):
        yield page
        if page.next is None:
            return
        page = read(model, await client.follow(page.next))
    raise HostUnavailable("Bitbucket's pages do not end")


DETAILS = {"fields": "uuid,full_name,is_private,mainbranch.name"}
"""Only what is needed: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#partial-response."""


async def details(client: Client, repository: Repository) -> payloads.RepositoryDetails:
    return read(payloads.RepositoryDetails, await client.get(of(repository), DETAILS))


async def default_branch(client: Client, repository: Repository) -> str:
    found = (await details(client, repository)).mainbranch
    return found.name if found else ""
