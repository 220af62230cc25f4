"""The fake GitLab as stories ask for it. Its own rules are in `tests/world/gitlab`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Provider
from providers.gitlab import webhooks
from providers.gitlab.provider import GitLabProvider
from tests.contracts.host_under_test import SeenComment, SeenStatus
from tests.world.fake.faults import Fault
from tests.world.gitlab import nouns
from tests.world.gitlab.faults import rate_limited
from tests.world.gitlab.server import FakeGitLab
from tests.world.gitlab.under_test import GIVEN, on, seen_comments, seen_statuses
from tests.world.host import Asked, Files, SeenDeployment, WoundClock

PATHS = {
    Asked.ANYTHING: ("", ""),
    Asked.STATUS: ("POST", "/statuses/"),
    Asked.NEW_COMMENT: ("POST", "/notes"),
    Asked.NEW_DEPLOYMENT: ("POST", "/deployments"),
    Asked.ROLE: ("GET", "/members/all/"),
}


class GitLabHost:
    provider: Provider
    besides = 0

    async def start(self, folder: Path, clock: WoundClock) -> None:
        self.fake = FakeGitLab(folder / "gitlab")
        self.fake.hosted.now = self.fake.hooks.now = clock.now
        await self.fake.start()
        self.bot = self.fake.bot.username
        token = self.fake.token(self.fake.bot)
        self.provider = GitLabProvider(self.fake.url, clock, (), [self.fake.hooks.signing_token], token, now=clock.now)

    async def deliver(self, app: web.Application, url: str) -> None:
        self.fake.hook(f"{url}/webhooks/gitlab")

    async def listen(self) -> None: ...

    async def settled(self) -> None:
        await self.fake.settled()

    @property
    def idle(self) -> bool:
        return self.fake.hooks.idle

    def signed(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        kind = delivery.headers[webhooks.EVENT_KEPT].replace("_", " ").title()
        return self.fake.hooks.headers(f"{kind} Hook", body, delivery.id)

    async def close(self) -> None:
        await self.provider.close()
        await self.fake.close()

    async def person(self, login: str) -> Person:
        account = self.fake.user(login)
        return Person(account.username, str(account.id))

    async def team(self, name: str, members: Sequence[Person]) -> None:
        self.fake.group(name, {self._account(member): nouns.DEVELOPER for member in members})

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        made = await self.fake.project(full_name, "private" if private else "public")
        for login, role in members.items():
            self.fake.grant(made, self.fake.user(login), GIVEN[role])
        await made.git.commit("main", {"README.md": "hello\n"}, "Begin", next(iter(members)), 0, None)
        return Repository("gitlab", str(made.id), made.path)

    async def push(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person, *, force: bool = False
    ) -> str:
        push = self.fake.force_push if force else self.fake.push
        return await push(self.hosted(repository), branch, files, message, self._account(by))

    async def rename(self, repository: Repository, name: str, by: Person) -> Repository:
        hosted = self.hosted(repository)
        await self.fake.rename(hosted, f"{hosted.path.rpartition('/')[0]}/{name}")
        return replace(repository, full_name=hosted.path)

    async def grant(self, repository: Repository, person: Person, role: Role) -> None:
        self.fake.grant(self.hosted(repository), self._account(person), GIVEN[role])

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self.fake.push_tag(self.hosted(repository), tag, self._account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self.fake.delete_branch(self.hosted(repository), branch, self._account(by))

    async def open_pull_request(
        self, repository: Repository, branch: str, title: str, by: Person, *, draft: bool = False
    ) -> int:
        made = await self.fake.open_merge_request(
            self.hosted(repository), branch, self._account(by), title, draft=draft
        )
        return made.iid

    async def mark_ready(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.mark_ready(hosted, hosted.merge_requests[number], self._account(by))

    async def open_pull_request_from_fork(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person
    ) -> tuple[int, str]:
        account, name = self._account(by), repository.full_name.partition("/")[2]
        fork = await self.fake.project(f"{by.login}/{name}", "public")
        commit = await fork.git.commit(branch, files, message, by.login, 0, None)
        made = await self.fake.open_merge_request(self.hosted(repository), branch, account, message, fork=fork)
        return made.iid, commit

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.close_merge_request(hosted, hosted.merge_requests[number], self._account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.reopen_merge_request(hosted, hosted.merge_requests[number], self._account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.merge(hosted, hosted.merge_requests[number], self._account(by))

    async def retarget(self, repository: Repository, number: int, into: str, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.retarget(hosted, hosted.merge_requests[number], self._account(by), into)

    async def comment(self, repository: Repository, thread: Thread, text: str, by: Person) -> CommentRef:
        made = await self.fake.comment(self.hosted(repository), on(thread), self._account(by), text)
        assert made is not None, f"GitLab took {text!r} for itself"
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, text: str, by: Person) -> None:
        await self.fake.edit_comment(self.hosted(comment.repository), self._note(comment), self._account(by), text)

    async def delete_comment(self, comment: CommentRef) -> None:
        await self.fake.delete_comment(self.hosted(comment.repository), self._note(comment))

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return seen_comments(self.fake, self.hosted(repository), thread)

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        return seen_statuses(self.fake, self.hosted(repository), commit)

    async def deployments(self, repository: Repository) -> list[SeenDeployment]:
        found = self.hosted(repository).deployments.values()
        return [SeenDeployment(one.environment, one.sha, one.status) for one in found]

    def fail_next(self, fault: Fault, asked: Asked = Asked.ANYTHING, times: int = 1) -> None:
        self.fake.fail_next(fault, *PATHS[asked], times)

    def recover(self) -> None:
        self.fake.recover()

    def limited(self, seconds: int) -> Fault:
        return rate_limited(seconds)

    def cut_off(self, *, cut: bool) -> None:
        self.fake.hooks.reachable = not cut

    async def deliver_late(self) -> None:
        await self.fake.hooks.redeliver_failed()

    def calls(self, asked: Asked = Asked.ANYTHING, *, well: bool = False) -> int:
        method, path = PATHS[asked]
        found = [one for one in self.fake.requests if one.method.startswith(method) and path in one.path]
        return sum(1 for one in found if not well or one.status < 400)

    def hosted(self, repository: Repository) -> nouns.Project:
        return self.fake.hosted.projects[int(repository.id)]

    def _account(self, person: Person) -> nouns.Account:
        return self.fake.user(person.login)

    def _note(self, comment: CommentRef) -> nouns.Note:
        return self.hosted(comment.repository).notes[int(comment.id)]
