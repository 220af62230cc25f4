"""Where a branch is now.

https://docs.github.com/en/rest/git/refs#get-a-reference
"""

from http import HTTPStatus
from urllib.parse import quote

from github import Github, GithubException

from bot.model.repository import Repository
from providers.github import payloads
from providers.github.conditional import Conditional
from providers.github.objects import repository_of

NO_SUCH_REF = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""Conflict: the repository has no commit at all."""


def head(github: Github, repository: Repository, branch: str, conditional: Conditional) -> str | None:
    url = f"{repository_of(github, repository).url}/git/ref/heads/{quote(branch)}"
    try:
        answer = conditional.get(github, url, {})
    except GithubException as error:
        if error.status in NO_SUCH_REF:
            return None
        raise
    return payloads.Reference.model_validate(answer).object.sha
