"""What each page shows, gathered from the services: plain frozen values for the templates. No HTML, no requests."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from providers.local.host import comments, pull_requests, repositories, statuses
from providers.local.host.comments import PAGE, CommentRecord
from providers.local.host.errors import NotFound
from providers.local.host.git import Branch, CommitSummary
from providers.local.host.people import User
from providers.local.host.pull_requests import PullRequestRecord
from providers.local.host.repositories import Repo
from providers.local.host.statuses import StatusRecord

if TYPE_CHECKING:
    from providers.local.host.host import Host

Statuses = Mapping[str, StatusRecord]
MOST_COMMITS = 50


@dataclass(frozen=True, slots=True)
class RepositoryView:
    branches: list[Branch]
    statuses: Mapping[str, Statuses]
    pull_requests: list[PullRequestRecord]
    people: list[tuple[str, Role]]
    may_write: bool


@dataclass(frozen=True, slots=True)
class ThreadView:
    """Comments, with the id to ask for older ones; statuses of the commit they are about."""

    commit: str
    statuses: Statuses
    comments: list[CommentRecord]
    older: int | None
    role: Role


@dataclass(frozen=True, slots=True)
class PullRequestView:
    one: PullRequestRecord
    commits: list[CommitSummary]
    thread: ThreadView


@dataclass(frozen=True, slots=True)
class CommitView:
    commit: CommitSummary
    thread: ThreadView


async def repository(host: "Host", repo: Repo, user: User | None) -> RepositoryView:
    branches = await host.git.branches(host.pushes.path(repo))

    def rows(connection: Connection) -> RepositoryView:
        open_ones = pull_requests.listing(connection, repo)
        heads = [branch.head for branch in branches] + [one.head for one in open_ones]
        shown = statuses.of_commits(connection, repo, heads)
        role = repositories.role_of(connection, repo, user)
        members = repositories.people_of(connection, repo)
        return RepositoryView(branches, shown, open_ones, members, role >= Role.WRITE)

    return await host.database.run(rows)


async def pull_request(host: "Host", repo: Repo, user: User | None, number: int, before: int | None) -> PullRequestView:
    one = await host.database.run(pull_requests.get, repo, number)
    path = host.pushes.path(repo)
    since = await host.git.branch_head(path, one.target_branch) if one.open else None
    thread = Thread(ThreadKind.PULL_REQUEST, str(number))
    commits, shown = await asyncio.gather(
        host.git.commits(path, one.head, without=since or one.base, count=MOST_COMMITS),
        host.database.run(_thread, repo, user, thread, one.head, before),
    )
    return PullRequestView(one, commits, shown)


async def commit(host: "Host", repo: Repo, user: User | None, name: str, before: int | None) -> CommitView:
    path = host.pushes.path(repo)
    found = await host.git.commits(path, name) if await host.git.has_commit(path, name) else []
    if not found:
        raise NotFound(f"There is no such commit in {repo.full_name}.")
    thread = Thread(ThreadKind.COMMIT, name)
    return CommitView(found[0], await host.database.run(_thread, repo, user, thread, name, before))


async def thread_of(host: "Host", repo: Repo, comment: int) -> Thread:
    return (await host.database.run(comments.get, repo, comment)).thread


def _thread(
    connection: Connection, repo: Repo, user: User | None, thread: Thread, head: str, before: int | None
) -> ThreadView:
    shown = comments.page(connection, repo, thread, before)
    older = shown[0].id if len(shown) == PAGE else None
    role = repositories.role_of(connection, repo, user)
    return ThreadView(head, statuses.of_commit(connection, repo, head), shown, older, role)
