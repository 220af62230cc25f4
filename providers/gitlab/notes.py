"""The bot's notes and reactions on GitLab.

https://docs.gitlab.com/api/notes/#merge-requests, https://docs.gitlab.com/api/discussions/#commits
https://docs.gitlab.com/api/emoji_reactions/
"""

import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import TypeVar

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.base.comments import Conversation, Found, OneComment
from providers.base.identity import number_of
from providers.gitlab.client import GitLabClient
from providers.gitlab.errors import NotThere
from providers.gitlab.objects import merge_request_path, project_path, sha_of
from providers.gitlab.payloads import Account, ApiNote, Author, Discussion, GraphQlAward

T = TypeVar("T")

EMOJI = {"+1": "thumbsup", "-1": "thumbsdown", "laugh": "laughing", "hooray": "tada"}
"""GitLab's names where they are others: https://docs.gitlab.com/user/emoji_reactions/"""

DONE = "+1"
"""The reaction to a command that was taken."""

TAKEN = "has already been taken"
"""Each account gives an emoji once; https://docs.gitlab.com/api/emoji_reactions/ answers a second one 404 with these words."""

_COMMAND = re.compile(r"^(\r*)/", re.MULTILINE)

AWARD = """
mutation($note: AwardableID!, $name: String!) { awardEmojiAdd(input: {awardableId: $note, name: $name}) { errors } }
"""


def harmless(body: str) -> str:
    """The text with no line that GitLab would obey. Quick actions are lines that begin with a slash, and its own idea of
    where code is differs from Markdown's, so a log's lines are no safer than others: each gets a space before it.

    https://docs.gitlab.com/user/project/quick_actions/
    """
    return _COMMAND.sub(r"\1 /", body)


class Notes:
    """Puts the bot's notes, and reacts to those of others."""

    def __init__(self, client: GitLabClient) -> None:
        self._client = client
        self._one = OneComment(self._whose)

    async def put(self, repository: Repository, thread: Thread, marker: str, body: str, known_id: str) -> str:
        """See `ports.Provider.put_comment`."""
        talk = _talk(self._client, repository, thread)
        return await self._one.put((repository.id, thread), talk, marker, harmless(body), known_id)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        name, note = EMOJI.get(reaction, reaction), number_of(comment.id, "GitLab")
        if comment.thread.kind is ThreadKind.PULL_REQUEST:
            await self._award(comment, name, note)
        else:
            await self._award_on_commit(name, note)
        if comment.discussion and reaction == DONE:
            await self._resolve(comment)

    async def _resolve(self, comment: CommentRef) -> None:
        """Of a thread that somebody began with the command, and nobody else has written in, nothing is left to talk about.

        Unresolved threads can keep a merge request from being merged. Who may not resolve them leaves them to people.
        https://docs.gitlab.com/api/discussions/#resolve-a-merge-request-thread
        """
        path = f"{merge_request_path(comment.repository, comment.thread)}/discussions/{comment.discussion}"
        thread = await _unless_gone(self._client.get(path, Discussion))
        notes = [note for note in thread.notes if not note.system] if thread else []
        if [str(note.id) for note in notes] == [comment.id]:
            with suppress(HostRefused):
                await self._client.put(path, {"resolved": True}, object)

    async def _award(self, comment: CommentRef, name: str, note: int) -> None:
        path = f"{merge_request_path(comment.repository, comment.thread)}/notes/{note}/award_emoji"
        try:
            await self._client.post(path, {"name": name}, object)
        except HostRefused as refusal:
            if TAKEN not in str(refusal):
                raise

    async def _award_on_commit(self, name: str, note: int) -> None:
        """REST has reactions to the notes of issues, merge requests and snippets only."""
        answer = await self._client.graphql(AWARD, {"note": f"gid://gitlab/Note/{note}", "name": name}, GraphQlAward)
        said = [error.message for error in answer.errors]
        if answer.data is not None and answer.data.award is not None:
            said += [error for error in answer.data.award.errors if TAKEN not in error]
        elif not said:
            said = ["no reason given"]
        if said:
            raise HostRefused(f"GitLab did not take the reaction: {said[0][:200]}")

    async def _whose(self) -> str:
        return str((await self._client.get("/user", Account)).id)


def _talk(client: GitLabClient, repository: Repository, thread: Thread) -> Conversation:
    if thread.kind is ThreadKind.PULL_REQUEST:
        return _OnMergeRequest(client, f"{merge_request_path(repository, thread)}/notes")
    return _OnCommit(client, f"{project_path(repository)}/repository/commits/{sha_of(thread.name)}/discussions")


class _OnMergeRequest:
    """The notes of a merge request."""

    def __init__(self, client: GitLabClient, room: str) -> None:
        self._client = client
        self._room = room

    async def comments(self) -> AsyncIterator[Found]:
        """Old servers do not know the filter, and tell of their own doings too."""
        query = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}
        async for page in self._client.pages(self._room, list[ApiNote], query):
            for note in page:
                if not note.system:
                    yield Found(str(note.id), _author(note.author), note.body)

    async def author(self, known_id: str) -> str | None:
        found = await _unless_gone(self._client.get(f"{self._room}/{number_of(known_id, 'GitLab')}", ApiNote))
        return _author(found.author) if found else None

    async def edit(self, known_id: str, body: str) -> bool:
        path = f"{self._room}/{number_of(known_id, 'GitLab')}"
        return await _unless_gone(self._client.put(path, {"body": body}, ApiNote)) is not None

    async def create(self, body: str) -> str:
        return str((await self._client.post(self._room, {"body": body}, ApiNote)).id)


class _OnCommit:
    """The notes of a commit, which have ids in its discussions only. A note is edited through its discussion."""

    def __init__(self, client: GitLabClient, room: str) -> None:
        self._client = client
        self._room = room
        self._discussions: dict[str, str] = {}

    async def comments(self) -> AsyncIterator[Found]:
        async for page in self._client.pages(self._room, list[Discussion], {}):
            for discussion in page:
                for note in discussion.notes:
                    self._discussions[str(note.id)] = discussion.id
                    yield Found(str(note.id), _author(note.author), note.body)

    async def author(self, known_id: str) -> str | None:
        async for found in self.comments():
            if found.id == known_id:
                return found.author
        return None

    async def edit(self, known_id: str, body: str) -> bool:
        if known_id not in self._discussions and await self.author(known_id) is None:
            return False
        path = f"{self._room}/{self._discussions[known_id]}/notes/{number_of(known_id, 'GitLab')}"
        return await _unless_gone(self._client.put(path, {"body": body}, ApiNote)) is not None

    async def create(self, body: str) -> str:
        made = await self._client.post(self._room, {"body": body}, Discussion)
        if not made.notes:
            raise HostRefused("GitLab did not take the comment")
        return str(made.notes[0].id)


def _author(author: Author | None) -> str:
    return str(author.id) if author else ""


async def _unless_gone(asked: Awaitable[T]) -> T | None:
    try:
        return await asked
    except NotThere:
        return None
