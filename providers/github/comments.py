"""The bot's comments and reactions on GitHub: finding the one comment again, editing it, posting it anew.

https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/commits/comments
https://docs.github.com/en/rest/reactions/reactions
"""

import asyncio
from collections import OrderedDict
from http import HTTPStatus
from typing import TypeAlias
from weakref import WeakValueDictionary

from github import Github, GithubException
from github.Commit import Commit
from github.CommitComment import CommitComment
from github.Issue import Issue
from github.IssueComment import IssueComment
from github.Repository import Repository as GitHubRepository

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.repository import Repository
from providers.github.client import GitHubClient
from providers.github.objects import commit_of, number_of, repository_of

Comment: TypeAlias = IssueComment | CommitComment
Conversation: TypeAlias = Issue | Commit

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

REMEMBERED = 4096
"""Comments known to be the bot's own; more are looked at again, which costs one request each."""


class Comments:
    """Puts the bot's comments. One at a time on a thread, so that two reports at once do not post two comments."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._own_id: int | None = None
        self._ours: OrderedDict[str, None] = OrderedDict()
        self._lines: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def put(self, repository: Repository, thread: Thread, marker: str, body: str, known_id: str) -> str:
        """See `ports.Provider.put_comment`."""
        async with self._line(repository, thread):
            return await self._client.call(lambda github: self._put(github, repository, thread, marker, body, known_id))

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """A reaction that is there already is answered 200 and not added again."""
        await self._client.call(
            lambda github: _comment(
                repository_of(github, comment.repository), comment.thread, number_of(comment.id)
            ).create_reaction(reaction)
        )

    def _line(self, repository: Repository, thread: Thread) -> asyncio.Lock:
        key = (repository.id, f"{thread.kind}/{thread.name}")
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = asyncio.Lock()
        return line

    def _put(
        self, github: Github, repository: Repository, thread: Thread, marker: str, body: str, known_id: str
    ) -> str:
        hosted = repository_of(github, repository)
        if known_id and self._edit_known(github, hosted, thread, known_id, body):
            return self._remember(known_id)
        conversation = _conversation(hosted, thread)
        for comment in conversation.get_comments():
            if marker not in (comment.body or "") or not self._is_ours(github, comment):
                continue
            # Through an address of our own making: one that an answer holds could lead anywhere.
            if comment.body == body or _edit(_comment(hosted, thread, comment.id), body):
                return self._remember(comment.id)
        return self._remember(conversation.create_comment(body).id)

    def _edit_known(self, github: Github, hosted: GitHubRepository, thread: Thread, known_id: str, body: str) -> bool:
        """Edit it where it is still there and the bot's: GitHub would let a maintainer's token edit anybody's."""
        identity = number_of(known_id)
        if known_id not in self._ours and not self._is_ours(github, _comment(hosted, thread, identity)):
            return False
        return _edit(_comment(hosted, thread, identity), body)

    def _is_ours(self, github: Github, comment: Comment) -> bool:
        if self._own_id is None:
            self._own_id = github.get_user().id
        try:
            # The author is null when the account has been deleted, which PyGithub's types do not say.
            return getattr(comment.user, "id", None) == self._own_id
        except GithubException as error:
            if error.status in GONE:
                return False
            raise

    def _remember(self, identity: str | int) -> str:
        known = str(number_of(str(identity)))  # No number: what was answered is no comment.
        self._ours[known] = None
        self._ours.move_to_end(known)
        while len(self._ours) > REMEMBERED:
            self._ours.popitem(last=False)
        return known


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
