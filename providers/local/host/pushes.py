"""Refs that move, by whatever way: written down before, told of after, so that a crash in between loses no event.

One change at a time per repository, so events come in the order in which refs moved. The way in is `smart_http.py` for pushes
and `changes.py` for merges.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from bot.locks import Locks
from bot.ports import Clock
from providers.local.host import bodies, proposals, pull_requests, repositories
from providers.local.host.address import Address
from providers.local.host.bodies import Moved
from providers.local.host.database import Database
from providers.local.host.deliveries import Sender, enqueue
from providers.local.host.errors import Invalid
from providers.local.host.git import PROPOSALS, Git, RefUpdate, dump_updates, load_updates
from providers.local.host.hooks import Report
from providers.local.host.people import User, user_by_id
from providers.local.host.pull_requests import TITLE_LIMIT, PullRequestRecord
from providers.local.host.push_options import Purpose, read
from providers.local.host.repositories import Repo
from providers.local.host.schema import pushes

MOST_REFS = 1000
AT_ONCE = 4
TIDY_EVERY = 100


@dataclass(frozen=True, slots=True)
class Push:
    """Refs about to move, or that have moved: who moves them, and what else it is to do."""

    id: int
    repo: Repo
    by: User
    updates: tuple[RefUpdate, ...]
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class _Told:
    """What a settled push says to who pushed: pull requests opened, and branches that could become one."""

    opened: tuple[PullRequestRecord, ...] = ()
    open: tuple[PullRequestRecord, ...] = ()


class Pushes:
    def __init__(
        self, root: Path, git: Git, database: Database, sender: Sender, clock: Clock, address: Address
    ) -> None:
        self._root = root
        self._git = git
        self._database = database
        self._sender = sender
        self._clock = clock
        self._address = address
        self._locks: Locks[int] = Locks()
        self._since_tidied: dict[int, int] = {}

    def path(self, repo: Repo) -> Path:
        return self._root / f"{repo.id}.git"

    def turn(self, repo: Repo) -> asyncio.Lock:
        """Held while refs move and until that is told."""
        return self._locks[repo.id]

    async def prepare(self, repo: Repo, by: User, report: Report) -> Push:
        """Write down what is about to happen. Raises Invalid, Forbidden: then it must not happen."""
        if len(report.updates) > MOST_REFS:
            raise Invalid(f"At most {MOST_REFS} branches and tags move in one push. Push fewer at a time.")
        for update in report.updates:
            if not update.ref.startswith(("refs/heads/", "refs/tags/", PROPOSALS)):
                raise Invalid("Only branches and tags can be pushed here: refs/heads/… and refs/tags/…")
        purpose = read(report.options, report.updates, repo.default_branch)
        if len(purpose.title) > TITLE_LIMIT:
            raise Invalid(f"A pull request's title has at most {TITLE_LIMIT} characters.")
        if purpose.source and await self._git.branch_head(self.path(repo), purpose.target) is None:
            raise Invalid(f"There is no branch {purpose.target} that a pull request could be merged into.")
        return await self._database.run(_begin, repo, by, report.updates, purpose)

    async def moved(self, push: Push, updates: Sequence[RefUpdate]) -> str:
        """These of the push's refs have moved: tell everybody. What comes back is for who pushed."""
        path = self.path(push.repo)
        limit = asyncio.Semaphore(AT_ONCE)
        facts = await asyncio.gather(*(self._facts(path, update, limit) for update in updates))
        into = [await self._merged_into(push.repo, fact) for fact in facts]
        merged = frozenset(number for numbers in into for number in numbers)
        target = await self._git.branch_head(path, push.purpose.target) if push.purpose.source else None
        told = await self._database.run(self._tell, push, facts, merged, target)
        await self._keep_heads(push.repo, [*told.open, *told.opened])
        self._sender.wake(push.repo.id)
        await self._tidy(push.repo)
        return self._words(push, facts, told)

    async def undecided(self, push: Push) -> None:
        """It is not known what came of the push: Git's refs say."""
        path = self.path(push.repo)
        done = [update for update in push.updates if await self._git.ref(path, update.ref) == update.after]
        await self.moved(push, done)

    async def recover(self) -> None:
        """Tell of what moved just before the host died."""
        for push in await self._database.run(_unfinished):
            await self.undecided(push)

    async def _facts(self, path: Path, update: RefUpdate, limit: asyncio.Semaphore) -> Moved:
        before, after = update.before, update.after
        async with limit:
            if after is None:
                return Moved(update, None, forced=False, changed_paths=None)
            commits = await self._git.commits(path, after)
            if before is None or not commits:
                return Moved(update, commits[0] if commits else None, forced=False, changed_paths=None)
            forced = not await self._git.is_ancestor(path, before, after)
            return Moved(update, commits[0], forced, await self._git.changed_paths(path, before, after))

    async def _merged_into(self, repo: Repo, fact: Moved) -> list[int]:
        """The open pull requests whose commits this branch now holds, whoever brought them there."""
        branch, after = fact.update.branch, fact.update.after
        if branch is None or after is None:
            return []
        waiting = await self._database.run(pull_requests.open_into, repo, branch)
        path = self.path(repo)
        return [one.number for one in waiting if await self._git.is_ancestor(path, one.head, after)]

    def _tell(
        self, connection: Connection, push: Push, facts: Sequence[Moved], merged: frozenset[int], target: str | None
    ) -> _Told:
        connection.execute(delete(pushes).where(pushes.c.id == push.id))
        for fact in facts:
            if not fact.update.ref.startswith(PROPOSALS):
                enqueue(connection, push.repo, "push", bodies.push_body(push.repo, push.by, fact))
        now = self._clock.now()
        for number in sorted(merged):
            one = pull_requests.close(connection, push.repo, number, push.by, now, state="merged")
            enqueue(connection, push.repo, "pull_request", bodies.pull_request_body("closed", push.repo, one, push.by))
        still_open = [one for fact in facts for one in self._follow(connection, push, fact, now)]
        wanted = (self._open(connection, push, fact, target, now) for fact in facts)
        opened = [new for new in wanted if new is not None]
        return _Told(tuple(opened), tuple(still_open))

    def _follow(self, connection: Connection, push: Push, fact: Moved, now: float) -> list[PullRequestRecord]:
        """Pull requests go where their branch goes, and end with it."""
        repo, by, source = push.repo, push.by, fact.update.source
        followed = []
        for one in pull_requests.open_from(connection, repo, source) if source else ():
            if fact.commit is None:
                closed = pull_requests.close(connection, repo, one.number, by, now)
                body = bodies.pull_request_body("closed", repo, closed, by)
            else:
                followed.append(pull_requests.move(connection, repo, one.number, fact.commit.id))
                body = bodies.pull_request_body("updated", repo, followed[-1], by)
            enqueue(connection, repo, "pull_request", body)
        return followed

    def _open(
        self, connection: Connection, push: Push, fact: Moved, target: str | None, now: float
    ) -> PullRequestRecord | None:
        wish, repo, by = push.purpose, push.repo, push.by
        if not wish.source or fact.update.source != wish.source or fact.commit is None or target is None:
            return None
        if pull_requests.open_between(connection, repo, wish.source, wish.target) is not None:
            return None
        title = wish.title or fact.commit.subject[:TITLE_LIMIT] or wish.source
        head = fact.commit.id
        one = pull_requests.add(connection, repo, by, wish.source, wish.target, target, head, title, now)
        enqueue(connection, repo, "pull_request", bodies.pull_request_body("opened", repo, one, by))
        return one

    async def _keep_heads(self, repo: Repo, moved: Sequence[PullRequestRecord]) -> None:
        """refs/pull/N/head keeps a pull request's commits when its branch is gone."""
        for one in moved:
            ref = f"refs/pull/{one.number}/head"
            await self._git.run(self.path(repo), "update-ref", ref, one.head)

    async def _tidy(self, repo: Repo) -> None:
        count = self._since_tidied.get(repo.id, 0) + 1
        self._since_tidied[repo.id] = count % TIDY_EVERY
        if count == TIDY_EVERY:
            await self._git.tidy(self.path(repo))

    def _words(self, push: Push, facts: Sequence[Moved], told: _Told) -> str:
        name = push.repo.full_name
        lines = [f"Pull request #{one.number}: {self._address.pull_request(name, one.number)}" for one in told.opened]
        lines += [f"Updates #{one.number}: {self._address.pull_request(name, one.number)}" for one in told.open]
        if not lines and any(_could_become_one(push.repo, fact) for fact in facts):
            lines = ["To open a pull request: git push -o pull_request, or", self._address.repository(name)]
        return "\n".join(lines)


def _could_become_one(repo: Repo, fact: Moved) -> bool:
    return fact.update.source not in (None, repo.default_branch) and fact.commit is not None


def _begin(connection: Connection, repo: Repo, by: User, updates: tuple[RefUpdate, ...], purpose: Purpose) -> Push:
    proposals.check(updates, by.login, repositories.role_of(connection, repo, by))
    row = {"repository_id": repo.id, "user_id": by.id, "updates": dump_updates(updates), "options": purpose.dump()}
    made = connection.execute(insert(pushes).values(row))
    return Push(int(made.lastrowid), repo, by, updates, purpose)


def _unfinished(connection: Connection) -> list[Push]:
    found = []
    for row in connection.execute(select(pushes).order_by(pushes.c.id)).mappings().all():
        repo, by = repositories.by_id(connection, row["repository_id"]), user_by_id(connection, row["user_id"])
        if by is not None:
            found.append(Push(row["id"], repo, by, load_updates(row["updates"]), Purpose.load(row["options"])))
    return found
