"""The bot's comments on Bitbucket Cloud, and what stands for a reaction there: a reply that is one emoji.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/ (comments)
https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/ (comments of a commit)
Cloud has no reactions in its API: https://jira.atlassian.com/browse/BCLOUD-20795
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from bot.model.host_event import CommentRef, Thread
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.base.comments import Found, OneComment
from providers.base.identity import number_of
from providers.bitbucket import marks
from providers.bitbucket.client import Client, Refused, read
from providers.bitbucket.cloud import payloads
from providers.bitbucket.cloud.api import pages, talk

EMOJI = {"+1": "\U0001f44d", "eyes": "\U0001f440", "confused": "\U0001f615"}

NOT_EDITED = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

A_TOKEN = "an access token"  # noqa: S105  no secret: who the bot is where nobody says
"""An access token may not ask whose it is. It is shown as a user of its own, which is no person."""


class Comments:
    """Puts the bot's comments, and answers those of others with an emoji."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._own_id = ""
        self._one = OneComment(self._own)

    async def put(
        self, repository: Repository, thread: Thread, marker: str, body: str, known_id: str, in_reply_to: str
    ) -> str:
        """See `ports.Provider.put_comment`."""
        conversation = _Talk(self._client, talk(repository, thread), await self._own(), in_reply_to)
        mark, text = marks.hidden(marker), marks.marked(body, marker)
        return await self._one.put((repository.id, thread), conversation, mark, text, known_id)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """The reply is looked for first, since a reply can be there twice, which a reaction cannot."""
        emoji, own = EMOJI[reaction], await self._own()
        thread = _Talk(self._client, talk(comment.repository, comment.thread), own, comment.id)
        parent, there = number_of(comment.id, "Bitbucket"), False
        async for one in thread.all():
            there = there or (one.id == parent and not one.deleted)
            replied_so = one.parent is not None and one.parent.id == parent and one.content.raw.strip() == emoji
            if replied_so and not one.deleted and _author(one, own) == own:
                return
        if not there:
            raise HostRefused("The comment to react to has been deleted")
        await thread.create(emoji)

    async def login(self) -> str:
        """Whose token it is, in words."""
        account = await self._account()
        return A_TOKEN if account is None else account.nickname or account.display_name

    async def _own(self) -> str:
        if not self._own_id:
            account = await self._account()
            self._own_id = A_TOKEN if account is None else account.uuid
        return self._own_id

    async def _account(self) -> payloads.Account | None:
        """None where the token may not ask.

        https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/#api-user-get (scope: account)
        """
        try:
            return read(payloads.Account, await self._client.get("/user"))
        except Refused as error:
            if error.status == HTTPStatus.FORBIDDEN:
                return None
            raise


@dataclass(frozen=True, slots=True)
class _Talk:
    """The comments of a pull request or a commit, as `base.comments` asks for them. `own` is who the bot is."""

    client: Client
    path: str
    own: str
    in_reply_to: str = ""

    async def comments(self) -> AsyncIterator[Found]:
        async for one in self.all():
            if not one.deleted:
                yield Found(str(one.id), _author(one, self.own), one.content.raw)

    async def author(self, known_id: str) -> str | None:
        answer = await self.client.get_or_none(self._at(known_id))
        comment = read(payloads.Comment, answer) if answer else None
        return None if comment is None or comment.deleted else _author(comment, self.own)

    async def edit(self, known_id: str, body: str) -> bool:
        """False when it has been deleted, or is somebody else's after all: only who wrote a comment may edit it."""
        try:
            await self.client.ask("PUT", self._at(known_id), {"content": {"raw": body}})
        except Refused as error:
            if error.status in NOT_EDITED:
                return False
            raise
        return True

    async def create(self, body: str) -> str:
        parent = {"parent": {"id": number_of(self.in_reply_to, "Bitbucket")}} if self.in_reply_to else {}
        made = await self.client.ask("POST", self.path, {"content": {"raw": body}} | parent)
        return str(read(payloads.Comment, made).id)

    async def all(self) -> AsyncIterator[payloads.Comment]:
        async for page in pages(self.client, payloads.Comments, self.path):
            for comment in page.values:
                yield comment

    def _at(self, known_id: str) -> str:
        return f"{self.path}/{number_of(known_id, 'Bitbucket')}"


def _author(comment: payloads.Comment, own: str) -> str:
    """The account's UUID, "" when it has been deleted. Where nobody says who the bot is, every app is taken for it."""
    if comment.user is None:
        return ""
    return own if own == A_TOKEN and comment.user.type == "app_user" else comment.user.uuid
