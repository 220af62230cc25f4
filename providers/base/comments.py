"""The one comment that the bot keeps on a thread: found again, edited, or posted anew. How a host is asked is the host's affair.

One at a time on a thread, so that two reports at once do not post two comments.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from bot.locks import Locks

REMEMBERED = 4096
"""Comments known to be the bot's own; more are looked at again, which costs one request each."""


@dataclass(frozen=True, slots=True)
class Found:
    """A comment on the host. `author` is the account's id there, "" when it has been deleted."""

    id: str
    author: str
    body: str


class Conversation(Protocol):
    """The comments of one thread on a host."""

    def comments(self) -> AsyncIterator[Found]:
        """Every comment of the thread, oldest first; a page is asked for when it is come to."""

    async def author(self, known_id: str) -> str | None:
        """Who wrote that comment; None when it is no longer there."""

    async def edit(self, known_id: str, body: str) -> bool:
        """False when it has been deleted."""

    async def create(self, body: str) -> str:
        """Post a comment; its id comes back."""


class OneComment:
    """`whose` asks the host for the id of the bot's own account; it is asked once."""

    def __init__(self, whose: Callable[[], Awaitable[str]]) -> None:
        self._whose = whose
        self._own_id = ""
        self._ours: OrderedDict[str, None] = OrderedDict()
        self._lines: Locks[Hashable] = Locks()

    async def put(self, thread: Hashable, talk: Conversation, marker: str, body: str, known_id: str) -> str:
        """See `ports.Provider.put_comment`. `thread` names the thread among all of the host."""
        async with self._lines[thread]:
            if known_id and await self._edit_known(talk, known_id, body):
                return self._remember(known_id)
            async for found in talk.comments():
                if not _carries(found.body, marker) or found.author != await self._own():
                    continue
                if found.body == body or await talk.edit(found.id, body):
                    return self._remember(found.id)
            return self._remember(await talk.create(body))

    async def _edit_known(self, talk: Conversation, known_id: str, body: str) -> bool:
        """Edit it where it is still there and the bot's: hosts let some accounts edit anybody's."""
        if known_id not in self._ours and await talk.author(known_id) != await self._own():
            return False
        return await talk.edit(known_id, body)

    async def _own(self) -> str:
        if not self._own_id:
            self._own_id = await self._whose()
        return self._own_id

    def _remember(self, known_id: str) -> str:
        self._ours[known_id] = None
        self._ours.move_to_end(known_id)
        while len(self._ours) > REMEMBERED:
            self._ours.popitem(last=False)
        return known_id


def _carries(body: str, marker: str) -> bool:
    """At its beginning alone: what a log or a title has further down can't pass for a marker."""
    return body.startswith(marker)
