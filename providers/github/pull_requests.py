"""Pull requests as GitHub's API answers them.

https://docs.github.com/en/rest/pulls/pulls
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from github import Github, GithubException
from pydantic import TypeAdapter

from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.ports import HostUnavailable
from providers.github import events, payloads
from providers.github.client import PER_PAGE
from providers.github.conditional import Conditional
from providers.github.objects import commit_of, repository_of

PAGES = 100
"""Of open pull requests. More is no list that anybody works through, and an endless one must end."""

CONTRIBUTORS = ("CONTRIBUTOR", "COLLABORATOR", "MEMBER", "OWNER")

_LIST = TypeAdapter(list[payloads.PullRequest])


def one(github: Github, repository: Repository, number: int) -> PullRequest | None:
    """Get a pull request."""
    try:
        answer = repository_of(github, repository).get_pull(number).raw_data
    except GithubException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return events.pull_request(payloads.PullRequest.model_validate(answer))


def has_contributed(github: Github, repository: Repository, number: int) -> bool:
    """Whether its author "has previously committed to the repository", or belongs to it.

    https://docs.github.com/en/graphql/reference/enums#commentauthorassociation
    """
    answer = repository_of(github, repository).get_pull(number).raw_data
    return payloads.PullRequest.model_validate(answer).author_association in CONTRIBUTORS


def of_commit(github: Github, repository: Repository, commit: str) -> list[PullRequest]:
    """As https://docs.github.com/en/rest/commits/commits answers it (list pull requests associated with a commit)."""
    found = commit_of(repository_of(github, repository), commit).get_pulls()
    known = [events.pull_request(payloads.PullRequest.model_validate(one.raw_data)) for one in found.get_page(0)]
    return sorted(known, key=lambda one: not one.merged)


def all_open(github: Github, repository: Repository, conditional: Conditional) -> list[PullRequest]:
    """List pull requests: the oldest first, so that one that is opened meanwhile moves none to another page."""
    return [
        events.pull_request(each)
        for page in _pages(github, repository, conditional)
        for each in _LIST.validate_python(page)
    ]


def _pages(github: Github, repository: Repository, conditional: Conditional) -> Iterator[list[Any]]:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api."""
    url = f"{repository_of(github, repository).url}/pulls"
    for number in range(1, PAGES + 1):
        query = {"state": "open", "sort": "created", "direction": "asc", "per_page": PER_PAGE, "page": number}
        answer = conditional.get(github, url, query)
        yield answer
        if len(answer) < PER_PAGE:
            return
    raise HostUnavailable("GitHub's list of open pull requests does not end")
