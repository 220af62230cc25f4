"""What people do with pull requests: open, merge, close, reopen. Each asks for the role it needs and tells the webhooks."""

from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection

from bot.model.people import Role
from bot.ports import Clock
from providers.local.host import bodies, proposals, pull_requests, repositories
from providers.local.host.database import Database
from providers.local.host.deliveries import Sender, enqueue
from providers.local.host.errors import Invalid
from providers.local.host.git import Git, GitFailed, RefUpdate
from providers.local.host.hooks import Report
from providers.local.host.people import User
from providers.local.host.pull_requests import TITLE_LIMIT, PullRequestRecord
from providers.local.host.pushes import Pushes
from providers.local.host.repositories import Repo


class Changes:
    def __init__(self, pushes: Pushes, git: Git, database: Database, sender: Sender, clock: Clock) -> None:
        self._pushes = pushes
        self._git = git
        self._database = database
        self._sender = sender
        self._clock = clock

    async def open(self, repo: Repo, by: User, source: str, target: str = "", title: str = "") -> PullRequestRecord:
        """Empty target: the default branch; empty title: the newest commit's subject."""
        await self._allow(repo, by, proposals.needed(source, by.login))
        target = target or repo.default_branch
        path = self._pushes.path(repo)
        async with self._pushes.turn(repo):
            head, base = await self._head(repo, source), await self._head(repo, target)
            if await self._git.is_ancestor(path, head, base):
                raise Invalid(f"{target} holds everything that is on {source} already.")
            (commit,) = await self._git.commits(path, head)
            title = title.strip() or commit.subject[:TITLE_LIMIT] or source
            one = await self._database.run(self._add, repo, by, source, target, base, head, title)
            await self._git.run(path, "update-ref", f"refs/pull/{one.number}/head", head)
        self._sender.wake(repo.id)
        return one

    async def close(self, repo: Repo, number: int, by: User) -> PullRequestRecord:
        """Its author may, and whoever may write."""
        one = await self._database.run(pull_requests.get, repo, number)
        await self._allow(repo, by, Role.READ if one.author == by else Role.WRITE)
        async with self._pushes.turn(repo):
            closing = lambda connection: pull_requests.close(connection, repo, number, by, self._clock.now())  # noqa: E731
            return await self._change("closed", repo, by, closing)

    async def reopen(self, repo: Repo, number: int, by: User) -> PullRequestRecord:
        one = await self._database.run(pull_requests.get, repo, number)
        await self._allow(repo, by, Role.READ if one.author == by else Role.WRITE)
        async with self._pushes.turn(repo):
            head = await self._head(repo, one.source_branch)
            await self._git.run(self._pushes.path(repo), "update-ref", f"refs/pull/{number}/head", head)
            opening = lambda connection: pull_requests.reopen(connection, repo, number, head)  # noqa: E731
            return await self._change("reopened", repo, by, opening)

    async def merge(self, repo: Repo, number: int, by: User) -> PullRequestRecord:
        """Move the target forward, by a merge commit where it can't simply follow. The rest is as with any push."""
        await self._allow(repo, by, Role.WRITE)
        async with self._pushes.turn(repo):
            one = await self._database.run(pull_requests.get, repo, number)
            if not one.open:
                raise Invalid(f"Pull request #{number} is {one.state}.")
            before = await self._head(repo, one.target_branch)
            after = await self._joined(repo, one, before, by)
            update = RefUpdate(f"refs/heads/{one.target_branch}", before, after)
            push = await self._pushes.prepare(repo, by, Report((update,), ()))
            try:
                await self._git.update_ref(self._pushes.path(repo), update)
            finally:
                await self._pushes.undecided(push)
            return await self._database.run(pull_requests.get, repo, number)

    async def _joined(self, repo: Repo, one: PullRequestRecord, target: str, by: User) -> str:
        path = self._pushes.path(repo)
        if await self._git.is_ancestor(path, target, one.head):
            return one.head
        message = f"Merge pull request #{one.number} from {one.source_branch}\n\n{one.title}\n"
        try:
            return await self._git.merge(path, target, one.head, message, by.login, self._clock.now())
        except GitFailed as error:
            if error.status != 1:
                raise
            raise Invalid(
                f"{one.source_branch} and {one.target_branch} changed the same lines: merge {one.target_branch}"
                f" into {one.source_branch}, settle the conflicts there, and push it."
            ) from None

    async def _head(self, repo: Repo, branch: str) -> str:
        head = await self._git.ref(self._pushes.path(repo), proposals.source_ref(branch))
        if head is None:
            raise Invalid(f"There is no branch {branch} in {repo.full_name}.")
        return head

    async def _allow(self, repo: Repo, by: User, role: Role) -> None:
        await self._database.run(repositories.require, repo, by, role)

    async def _change(
        self,
        kind: Literal["closed", "reopened"],
        repo: Repo,
        by: User,
        change: Callable[[Connection], PullRequestRecord],
    ) -> PullRequestRecord:
        def work(connection: Connection) -> PullRequestRecord:
            one = change(connection)
            enqueue(connection, repo, "pull_request", bodies.pull_request_body(kind, repo, one, by))
            return one

        one = await self._database.run(work)
        self._sender.wake(repo.id)
        return one

    def _add(
        self, connection: Connection, repo: Repo, by: User, source: str, target: str, base: str, head: str, title: str
    ) -> PullRequestRecord:
        one = pull_requests.add(connection, repo, by, source, target, base, head, title, self._clock.now())
        enqueue(connection, repo, "pull_request", bodies.pull_request_body("opened", repo, one, by))
        return one
