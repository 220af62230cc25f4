"""The bot's comments and reactions on GitHub: finding the one comment again, editing it, posting it anew.

https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/commits/comments
https://docs.github.com/en/rest/reactions/reactions
"""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from github import GithubException
from github.Commit import Commit
from github.CommitComment import CommitComment
from github.Issue import Issue
from github.IssueComment import IssueComment
from github.Repository import Repository as GitHubRepository

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.repository import Repository
from providers.base.comments import Found, OneComment
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.objects import commit_of, number_of, repository_of
from providers.github.sign_in import ANYWHERE, about

T = TypeVar("T")
Comment: TypeAlias = IssueComment | CommitComment
Conversation: TypeAlias = Issue | Commit

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Comments:
    """Puts the bot's comments, and reacts to those of others."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._one = OneComment(self._whose)
        self._where = ANYWHERE

    async def put(self, repository: Repository, thread: Thread, marker: str, body: str, known_id: str) -> str:
        """See `ports.Provider.put_comment`."""
        talk = _Talk(self._client, repository, thread)
        self._where = about(repository)
        return await self._one.put((repository.id, thread), talk, marker, body, known_id)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """A reaction that is there already is answered 200 and not added again."""
        await self._client.call(
            lambda github: _comment(
                repository_of(github, comment.repository), comment.thread, number_of(comment.id)
            ).create_reaction(reaction),
            about(comment.repository),
        )

    async def _whose(self) -> str:
        """The bot's account, which is the same wherever it writes: it is asked for where it wrote last."""
        return str((await self._client.account(self._where)).id)


@dataclass(frozen=True, slots=True)
class _Talk:
    """The comments of a pull request or a commit, as `base.comments` asks for them."""

    client: GitHubClient
    repository: Repository
    thread: Thread

    async def comments(self) -> AsyncIterator[Found]:
        for number in itertools.count():
            page = await self._ask(partial(self._page, number=number))
            for comment in page:
                yield comment
            if len(page) < PER_PAGE:
                return

    async def author(self, known_id: str) -> str | None:
        def look(hosted: GitHubRepository) -> str | None:
            try:
                return _author(_comment(hosted, self.thread, number_of(known_id)))
            except GithubException as error:
                if error.status in GONE:
                    return None
                raise

        return await self._ask(look)

    async def edit(self, known_id: str, body: str) -> bool:
        """Through an address of our own making: one that an answer holds could lead anywhere."""
        return await self._ask(lambda hosted: _edit(_comment(hosted, self.thread, number_of(known_id)), body))

    async def create(self, body: str) -> str:
        """Raises HostRefused when what was answered has no id: it is no comment."""
        made = await self._ask(lambda hosted: _conversation(hosted, self.thread).create_comment(body).id)
        return str(number_of(str(made)))

    def _page(self, hosted: GitHubRepository, number: int) -> list[Found]:
        listed = _conversation(hosted, self.thread).get_comments().get_page(number)
        return [Found(str(one.id), _author(one), one.body or "") for one in listed]

    async def _ask(self, ask: Callable[[GitHubRepository], T]) -> T:
        return await self.client.call(
            lambda github: ask(repository_of(github, self.repository)), about(self.repository)
        )


def _author(comment: Comment) -> str:
    """The author is null when the account has been deleted, which PyGithub's types do not say."""
    return str(getattr(comment.user, "id", ""))


def _edit(comment: Comment, body: str) -> bool:
    """False when it has been deleted."""
    try:
        comment.edit(body)
    except GithubException as error:
        if error.status in GONE:
            return False
        raise
    return True


def _conversation(repository: GitHubRepository, thread: Thread) -> Conversation:
    if thread.kind is ThreadKind.PULL_REQUEST:
        return repository.get_issue(number_of(thread.name))
    return commit_of(repository, thread.name)


def _comment(repository: GitHubRepository, thread: Thread, identity: int) -> Comment:
    if thread.kind is ThreadKind.PULL_REQUEST:
        return repository.get_issue(number_of(thread.name)).get_comment(identity)
    return repository.get_comment(identity)
