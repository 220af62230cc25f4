"""The bot's comments and reactions on Bitbucket Data Center. Every edit names the version that it is an edit of.

https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/ (comments of a commit)
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar
from urllib.parse import unquote

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.repository import Repository
from bot.ports import HostRefused, HostUnavailable
from providers.base.comments import Found, OneComment
from providers.base.identity import number_of
from providers.bitbucket import marks
from providers.bitbucket.client import Answer, Client, Refused, at, read
from providers.bitbucket.data_center import payloads
from providers.bitbucket.data_center.api import PATH, Addresses, pages

T = TypeVar("T")

EMOTICONS = {"+1": "thumbsup", "eyes": "eyes", "confused": "confused"}
LIKES = "/rest/comment-likes/1.0"
"""https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (react to a comment)"""

TRIES = 3
REMEMBERED = 4096


class Comments:
    """Puts the bot's comments, and reacts to those of others."""

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses
        self._one = OneComment(self.login)
        self._versions = _Remembered[int]()
        self._posted = _Remembered[str]()

    async def put(
        self, repository: Repository, thread: Thread, marker: str, body: str, known_id: str, in_reply_to: str
    ) -> str:
        """See `ports.Provider.put_comment`. On a commit, one that answers nothing is found again for as long as the bot lives."""
        path = f"{await self._addresses.of(repository)}{_thread(thread)}"
        talk = _Talk(self._client, path, thread, self._versions, in_reply_to)
        mark, text = marks.hidden(marker), marks.marked(body, marker)
        key = f"{path} {mark}"
        known_id = known_id or self._posted.get(key) or ""
        put = await self._one.put((repository.id, thread), talk, mark, text, known_id)
        self._posted.put(key, put)
        return put

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """Giving the same reaction again changes nothing."""
        path = f"{await self._addresses.of(comment.repository)}{_thread(comment.thread)}"
        reacted = f"{path}/comments/{number_of(comment.id, 'Bitbucket')}/reactions/{EMOTICONS[reaction]}"
        await self._client.ask_beside("PUT", PATH, LIKES, reacted)

    async def login(self) -> str:
        """Every answer names whom it is for: https://confluence.atlassian.com/x/KM5RMQ (X-AUSERNAME)."""
        answer = await self._client.get("/application-properties")
        name = unquote(answer.headers.get("x-ausername", ""))
        if not name:
            raise HostRefused(f"Bitbucket does not say whose the token is: set {self._client.missing} to a valid one")
        return name


class _Remembered(Generic[T]):
    """The newest of what is known by a name, and not for ever: what is forgotten is asked for again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, T] = OrderedDict()

    def get(self, name: str) -> T | None:
        return self._known.get(name)

    def put(self, name: str, value: T) -> None:
        self._known[name] = value
        self._known.move_to_end(name)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, name: str) -> None:
        self._known.pop(name, None)


@dataclass(frozen=True, slots=True)
class _Talk:
    """The comments of a pull request or a commit, as `base.comments` asks for them."""

    client: Client
    path: str
    thread: Thread
    versions: _Remembered[int]
    in_reply_to: str = ""

    async def comments(self) -> AsyncIterator[Found]:
        async for one in self._all():
            self.versions.put(self._at(str(one.id)), one.version)
            yield Found(str(one.id), _author(one), one.text)

    async def author(self, known_id: str) -> str | None:
        found = await self._get(known_id)
        return None if found is None else _author(found)

    async def edit(self, known_id: str, body: str) -> bool:
        """As an edit of the newest version, which another one may have made newer meanwhile."""
        path = self._at(known_id)
        for _ in range(TRIES):
            version = self.versions.get(path)
            if version is None:
                found = await self._get(known_id)
                if found is None:
                    return False
                version = found.version
            try:
                made = await self.client.ask("PUT", path, {"text": body, "version": version})
            except Refused as error:
                self.versions.forget(path)
                if error.status == HTTPStatus.NOT_FOUND:
                    return False
                if error.status != HTTPStatus.CONFLICT:
                    raise
            else:
                self._keep(made)
                return True
        raise HostUnavailable("Bitbucket's comment changes faster than it can be edited")

    async def create(self, body: str) -> str:
        parent = {"parent": {"id": number_of(self.in_reply_to, "Bitbucket")}} if self.in_reply_to else {}
        return self._keep(await self.client.ask("POST", f"{self.path}/comments", {"text": body} | parent))

    def _keep(self, answer: Answer) -> str:
        made = read(payloads.Comment, answer)
        self.versions.put(self._at(str(made.id)), made.version)
        return str(made.id)

    async def _all(self) -> AsyncIterator[payloads.Comment]:
        """A pull request's comments are among its activities (BSERV-8448), newest first. A commit's cannot be listed but by
        file, so there only the replies to a comment are found again: answers are always replies.
        """
        if self.in_reply_to:
            asked = await self._get(self.in_reply_to)
            for one in _with_replies([asked] if asked else []):
                yield one
        elif self.thread.kind is ThreadKind.PULL_REQUEST:
            async for page in pages(self.client, payloads.Activities, f"{self.path}/activities"):
                told = [one.comment for one in page.values if one.action == "COMMENTED" and one.comment]
                for comment in _with_replies(told):
                    yield comment

    async def _get(self, known_id: str) -> payloads.Comment | None:
        answer = await self.client.get_or_none(self._at(known_id))
        return read(payloads.Comment, answer) if answer else None

    def _at(self, known_id: str) -> str:
        return f"{self.path}/comments/{number_of(known_id, 'Bitbucket')}"


def _with_replies(comments: Iterable[payloads.Comment]) -> Iterator[payloads.Comment]:
    for comment in comments:
        yield comment
        yield from _with_replies(comment.comments)


def _author(comment: payloads.Comment) -> str:
    return comment.author.name if comment.author else ""


def _thread(thread: Thread) -> str:
    if thread.kind is ThreadKind.PULL_REQUEST:
        return f"/pull-requests/{number_of(thread.name, 'Bitbucket')}"
    return at("commits", thread.name)
