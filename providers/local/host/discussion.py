"""What is said about commits and pull requests: comments, reactions, statuses. Each asks for the role it needs."""

from collections.abc import Mapping

from sqlalchemy import Connection

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from bot.ports import Clock
from providers.local.host import bodies, comments, pull_requests, repositories, statuses
from providers.local.host.comments import CommentRecord
from providers.local.host.database import Database
from providers.local.host.deliveries import Sender, enqueue
from providers.local.host.errors import Forbidden, NotFound
from providers.local.host.git import Git
from providers.local.host.people import User
from providers.local.host.pushes import Pushes
from providers.local.host.repositories import Repo
from providers.local.host.statuses import StatusRecord

KNOWN_COMMITS = 10_000


class Discussion:
    def __init__(self, pushes: Pushes, git: Git, database: Database, sender: Sender, clock: Clock) -> None:
        self._pushes = pushes
        self._git = git
        self._database = database
        self._sender = sender
        self._clock = clock
        self._known: set[tuple[int, str]] = set()

    async def comment(self, repo: Repo, thread: Thread, by: User, body: str) -> CommentRecord:
        await self._thread_exists(repo, thread)
        made = await self._database.run(self._comment, repo, thread, by, body)
        self._sender.wake(repo.id)
        return made

    async def edit(self, repo: Repo, number: int, by: User, body: str) -> CommentRecord:
        """Only one's own."""
        changed = await self._database.run(self._edit, repo, number, by, body)
        self._sender.wake(repo.id)
        return changed

    async def remove(self, repo: Repo, number: int, by: User) -> None:
        """One's own, or anybody's with the role admin."""
        await self._database.run(self._remove, repo, number, by)
        self._sender.wake(repo.id)

    async def put(self, repo: Repo, thread: Thread, by: User, marker: str, body: str, known: int | None) -> int:
        """The one comment of `by` that holds the marker: edited where it is, posted where it is not."""
        await self._thread_exists(repo, thread)
        number = await self._database.run(self._put, repo, thread, by, marker, body, known)
        self._sender.wake(repo.id)
        return number

    async def react(self, repo: Repo, number: int, by: User, content: str) -> None:
        await self._database.run(self._react, repo, number, by, content)

    async def set_status(self, repo: Repo, commit: str, by: User, status: StatusRecord) -> None:
        await self._commit_exists(repo, commit)
        await self._database.run(self._set_status, repo, commit, by, status)

    async def statuses(self, repo: Repo, commit: str) -> Mapping[str, StatusRecord]:
        return await self._database.run(statuses.of_commit, repo, commit)

    async def comments(self, repo: Repo, thread: Thread) -> list[CommentRecord]:
        return await self._database.run(comments.everything, repo, thread)

    async def _thread_exists(self, repo: Repo, thread: Thread) -> None:
        if thread.kind is ThreadKind.COMMIT:
            await self._commit_exists(repo, thread.name)
        elif not (thread.name.isascii() and thread.name.isdigit()):
            raise NotFound(f"There is no pull request #{thread.name} in {repo.full_name}.")
        else:
            await self._database.run(pull_requests.get, repo, int(thread.name))

    async def _commit_exists(self, repo: Repo, commit: str) -> None:
        """Asked of Git once a commit: commits do not go while somebody reports on them."""
        if (repo.id, commit) in self._known:
            return
        if not await self._git.has_commit(self._pushes.path(repo), commit):
            raise NotFound(f"There is no such commit in {repo.full_name}.")
        if len(self._known) >= KNOWN_COMMITS:
            self._known.clear()
        self._known.add((repo.id, commit))

    def _comment(self, connection: Connection, repo: Repo, thread: Thread, by: User, body: str) -> CommentRecord:
        repositories.require(connection, repo, by, Role.READ)
        made = comments.add(connection, repo, thread, by, body, self._clock.now())
        enqueue(connection, repo, "comment", bodies.comment_body("created", repo, made, by))
        return made

    def _edit(self, connection: Connection, repo: Repo, number: int, by: User, body: str) -> CommentRecord:
        repositories.require(connection, repo, by, Role.READ)
        if comments.get(connection, repo, number).author != by:
            raise Forbidden("Only who wrote a comment can change it.")
        changed = comments.edit(connection, repo, number, body, self._clock.now())
        if not by.bot:  # a bot knows what it edits, and edits often
            enqueue(connection, repo, "comment", bodies.comment_body("edited", repo, changed, by))
        return changed

    def _remove(self, connection: Connection, repo: Repo, number: int, by: User) -> None:
        gone = comments.get(connection, repo, number)
        repositories.require(connection, repo, by, Role.READ if gone.author == by else Role.ADMIN)
        comments.remove(connection, repo, number)
        enqueue(connection, repo, "comment", bodies.comment_body("deleted", repo, gone, by))

    def _put(
        self, connection: Connection, repo: Repo, thread: Thread, by: User, marker: str, body: str, known: int | None
    ) -> int:
        there = self._own(connection, repo, thread, by, known) or comments.marked(connection, repo, thread, by, marker)
        if there is None:
            return self._comment(connection, repo, thread, by, body).id
        if there.body != body:
            self._edit(connection, repo, there.id, by, body)
        return there.id

    def _own(
        self, connection: Connection, repo: Repo, thread: Thread, by: User, number: int | None
    ) -> CommentRecord | None:
        try:
            found = comments.get(connection, repo, number) if number is not None else None
        except NotFound:
            return None
        return found if found is not None and found.author == by and found.thread == thread else None

    def _react(self, connection: Connection, repo: Repo, number: int, by: User, content: str) -> None:
        repositories.require(connection, repo, by, Role.READ)
        comments.react(connection, repo, number, by, content)

    def _set_status(self, connection: Connection, repo: Repo, commit: str, by: User, status: StatusRecord) -> None:
        repositories.require(connection, repo, by, Role.WRITE)
        statuses.put(connection, repo, commit, status)
