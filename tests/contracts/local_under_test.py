"""The embedded host as the provider contract asks for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Literal

from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.status import StatusState
from bot.ports import Provider
from providers.local.provider import LocalProvider
from providers.local.webhooks import SIGNATURE
from tests.contracts.host_under_test import HostUnderTest, SeenComment, SeenStatus, SentDelivery
from tests.world.fake.git import ENVIRONMENT, BareRepository
from tests.world.local_host import SECRET, ListeningHost, listening_host, push
from tests.world.patience import PATIENCE

STATES: dict[StatusState, Literal["pending", "success", "failure"]] = {
    StatusState.QUEUED: "pending",
    StatusState.RUNNING: "pending",
    StatusState.WAITING: "pending",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failure",
    StatusState.STOPPED: "failure",
    StatusState.INVALID: "failure",
}


class LocalHostUnderTest:
    secret = SECRET
    signature_header = SIGNATURE
    pull_page = "/pull/{}"
    commit_page = "/commit/{}"

    def __init__(self, listening: ListeningHost) -> None:
        self._listening = listening
        self._host = listening.host
        self._numbers = count(1)
        self._tokens: dict[str, str] = {}
        self._times = count(1_700_000_000)
        self._there: dict[str, BareRepository] = {}
        self._clones: dict[str, BareRepository] = {}
        """By the repositories' ids: what the host has, and what people have of it, which is made without processes."""
        self.provider: Provider = self.provider_with((SECRET,))

    def provider_with(self, secrets: Sequence[str]) -> LocalProvider:
        return LocalProvider(self._host, self._listening.clock, secrets)

    async def repository(self, *, private: bool = True) -> Repository:
        owner = await self._new_user()
        name = f"acme/web-{next(self._numbers)}"
        repo = await self._host.create_repository(name, private=private, members={owner: Role.ADMIN})
        there = self._there[str(repo.id)] = BareRepository(self._host.pushes.path(repo))
        await there.commit("main", {"README.md": "hello\n"}, "Begin", owner, next(self._times), None)
        clone = self._clones[str(repo.id)] = BareRepository(self._listening.folder / f"clone-{repo.id}.git")
        await clone.create("main")
        (clone.path / "objects/info/alternates").write_text(f"{there.path / 'objects'}\n")
        return Repository("local", str(repo.id), name)

    async def person(self, repository: Repository, role: Role) -> Person:
        login = await self._new_user()
        if role:
            await self._host.set_members(repository.full_name, {login: role})
        return Person(login, str((await self._host.user(login)).id))

    async def team(self, repository: Repository, members: Sequence[Person]) -> str:
        team = f"acme/team-{next(self._numbers)}"
        for member in members:
            await self._host.add_to_team(team, member.login)
        return team

    async def push(self, repository: Repository, branch: str, by: Person, files: Mapping[str, str]) -> str:
        parent = await self._head(repository, branch) or await self._head(repository, "main")
        commit = await self._committed(repository, branch, by, files, parent)
        await self._push(repository, by, f"refs/heads/{branch}")
        return commit

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        commit = await self._head(repository, "main")
        assert commit is not None
        await self._clones[repository.id].tag(tag, commit, "Release")
        await self._push(repository, by, f"refs/tags/{tag}")
        return commit

    async def force_push(self, repository: Repository, branch: str, by: Person) -> str:
        before = await self._there[repository.id].commit_of(f"refs/heads/{branch}~1")
        commit = await self._committed(repository, branch, by, {"another": "1"}, before)
        await self._push(repository, by, f"+refs/heads/{branch}")
        return commit

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self._push(repository, by, f":refs/heads/{branch}")

    async def pull_request(self, repository: Repository, branch: str, by: Person, title: str) -> PullRequest:
        one = await self._host.open_pull_request(repository.full_name, branch, by=by.login, title=title)
        return PullRequest(one.number, one.head, one.source_branch, one.target_branch, one.title)

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        await self._host.close_pull_request(repository.full_name, number, by=by.login)

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        await self._host.reopen_pull_request(repository.full_name, number, by=by.login)

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        await self._host.merge(repository.full_name, number, by=by.login)

    async def write_comment(self, repository: Repository, thread: Thread, by: Person, body: str) -> CommentRef:
        made = await self._host.comment(repository.full_name, thread, body, by=by.login)
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, by: Person, body: str) -> None:
        await self._host.edit_comment(comment.repository.full_name, int(comment.id), body, by=by.login)

    async def delete_comment(self, comment: CommentRef) -> None:
        await self._host.delete_comment(comment.repository.full_name, int(comment.id), by="penstock")

    async def ping(self, repository: Repository) -> None:
        await self._host.ping(repository.full_name)

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        shown = await self._host.statuses(repository.full_name, commit)
        return {name: SeenStatus(STATES[one.state], one.description, one.url) for name, one in shown.items()}

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        shown = await self._host.comments(repository.full_name, thread)
        return [SeenComment(str(one.id), one.author.login, one.body, tuple(sorted(one.reactions))) for one in shown]

    async def deliveries(self) -> list[SentDelivery]:
        async with asyncio.timeout(PATIENCE):
            await self._host.sender.settled()
        taken, self._listening.receiver.taken = self._listening.receiver.taken, []
        return [SentDelivery(headers, body) for headers, body in taken]

    async def _new_user(self) -> str:
        login = f"user-{next(self._numbers)}"
        self._tokens[login] = await self._host.add_user(login)
        return login

    async def _head(self, repository: Repository, branch: str) -> str | None:
        return await self._there[repository.id].commit_of(f"refs/heads/{branch}")

    async def _committed(
        self, repository: Repository, branch: str, by: Person, files: Mapping[str, str], on: str | None
    ) -> str:
        clone = self._clones[repository.id]
        return await clone.commit(branch, files, "Change files", by.login, next(self._times), on)

    async def _push(self, repository: Repository, by: Person, refspec: str) -> None:
        url, token = self._host.clone_url(repository.full_name), self._tokens[by.login]
        await push(self._clones[repository.id].path, url, refspec, by.login, token, ENVIRONMENT)


@asynccontextmanager
async def local_host(folder: Path) -> AsyncIterator[HostUnderTest]:
    async with listening_host(folder) as listening:
        yield LocalHostUnderTest(listening)
