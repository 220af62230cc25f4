"""The fake GitHub as stories ask for it. Its own rules are in `tests/world/github`."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Provider
from providers.github import webhooks
from providers.github.provider import ChecksMode, GitHubProvider
from tests.contracts.host_under_test import SeenComment, SeenStatus
from tests.world.fake.faults import Fault
from tests.world.github import nouns
from tests.world.github.faults import secondary_limit
from tests.world.github.server import FakeGitHub
from tests.world.github.under_test import GIVEN, SEEN, _on, an_app
from tests.world.host import Asked, Files, SeenDeployment, WoundClock

PATHS = {
    Asked.ANYTHING: ("", ""),
    Asked.STATUS: ("POST", "/statuses/"),
    Asked.NEW_COMMENT: ("POST", "/comments"),
    Asked.NEW_DEPLOYMENT: ("POST", "/deployments"),
    Asked.ROLE: ("GET", "/permission"),
}


class GitHubHost:
    provider: Provider
    besides = 0

    async def start(self, folder: Path, clock: WoundClock) -> None:
        self.fake = FakeGitHub(folder / "github")
        self.fake.hosted.now = clock.now
        await self.fake.start()
        self.provider = self._provider(clock)
        self.bot = self.fake.bot.login

    def _provider(self, clock: WoundClock) -> GitHubProvider:
        token = self.fake.token(self.fake.bot)
        return GitHubProvider(self.fake.url, self.fake.api_url, [self.fake.hooks.secret], token, now=clock.now)

    async def deliver(self, app: web.Application, url: str) -> None:
        self.fake.hook(f"{url}/webhooks/github")

    async def listen(self) -> None: ...

    async def settled(self) -> None:
        await self.fake.hooks.settled()

    @property
    def idle(self) -> bool:
        return self.fake.hooks.idle

    def signed(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        digest = hmac.new(self.fake.hooks.secret.encode(), body, "sha256").hexdigest()
        return {
            webhooks.DELIVERY: delivery.id,
            webhooks.EVENT: delivery.headers[webhooks.EVENT_KEPT],
            webhooks.SIGNATURE: f"sha256={digest}",
            "Content-Type": "application/json",
        }

    async def close(self) -> None:
        await self.provider.close()
        await self.fake.close()

    async def person(self, login: str) -> Person:
        account = self.fake.user(login)
        return Person(account.login, str(account.id))

    async def team(self, name: str, members: Sequence[Person]) -> None:
        organization, _, slug = name.partition("/")
        self.fake.team(organization, slug, [self._account(member) for member in members])

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        made = await self.fake.repository(full_name, private=private)
        for login, role in members.items():
            self.fake.grant(made, self.fake.user(login), GIVEN[role])
        await made.git.commit("main", {"README.md": "hello\n"}, "Begin", next(iter(members)), 0, None)
        return Repository("github", str(made.id), made.full_name)

    async def push(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person, *, force: bool = False
    ) -> str:
        push = self.fake.force_push if force else self.fake.push
        return await push(self.hosted(repository), branch, files, message, self._account(by))

    async def rename(self, repository: Repository, name: str, by: Person) -> Repository:
        hosted = self.hosted(repository)
        await self.fake.rename(hosted, name, self._account(by))
        return replace(repository, full_name=hosted.full_name)

    async def grant(self, repository: Repository, person: Person, role: Role) -> None:
        self.fake.grant(self.hosted(repository), self._account(person), GIVEN[role])

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self.fake.push_tag(self.hosted(repository), tag, self._account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self.fake.delete_branch(self.hosted(repository), branch, self._account(by))

    async def open_pull_request(
        self, repository: Repository, branch: str, title: str, by: Person, *, draft: bool = False
    ) -> int:
        made = await self.fake.open_pull_request(self.hosted(repository), branch, self._account(by), title, draft=draft)
        return made.number

    async def mark_ready(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.mark_ready(hosted, hosted.pulls[number], self._account(by))

    async def open_pull_request_from_fork(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person
    ) -> tuple[int, str]:
        account, name = self._account(by), repository.full_name.partition("/")[2]
        fork = await self.fake.repository(f"{by.login}/{name}", private=False, fork=True)
        commit = await fork.git.commit(branch, files, message, by.login, 0, None)
        made = await self.fake.open_pull_request(self.hosted(repository), branch, account, message, fork=fork)
        return made.number, commit

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.close_pull_request(hosted, hosted.pulls[number], self._account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.reopen_pull_request(hosted, hosted.pulls[number], self._account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.merge(hosted, hosted.pulls[number], self._account(by))

    async def retarget(self, repository: Repository, number: int, into: str, by: Person) -> None:
        hosted = self.hosted(repository)
        await self.fake.retarget(hosted, hosted.pulls[number], self._account(by), into)

    async def comment(self, repository: Repository, thread: Thread, text: str, by: Person) -> CommentRef:
        made = await self.fake.comment(self.hosted(repository), _on(thread), self._account(by), text)
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, text: str, by: Person) -> None:
        await self.fake.edit_comment(self.hosted(comment.repository), self._comment(comment), self._account(by), text)

    async def delete_comment(self, comment: CommentRef) -> None:
        found = self._comment(comment)
        await self.fake.delete_comment(self.hosted(comment.repository), found, found.author)

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return [
            SeenComment(str(one.id), one.author.login, one.body, tuple(sorted(what for _, what in one.reactions)))
            for one in self.fake.comments(self.hosted(repository), _on(thread))
        ]

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        found = self.fake.statuses(self.hosted(repository), commit)
        return {
            name: SeenStatus(SEEN[one.state], one.description or "", one.target_url or "")
            for name, one in found.items()
        }

    async def deployments(self, repository: Repository) -> list[SeenDeployment]:
        found = self.hosted(repository).deployments.values()
        return [SeenDeployment(one.environment, one.sha, one.state) for one in found]

    def fail_next(self, fault: Fault, asked: Asked = Asked.ANYTHING, times: int = 1) -> None:
        self.fake.fail_next(fault, *PATHS[asked], times)

    def recover(self) -> None:
        self.fake.recover()

    def limited(self, seconds: int) -> Fault:
        return secondary_limit(seconds)

    def cut_off(self, *, cut: bool) -> None:
        self.fake.hooks.reachable = not cut

    async def deliver_late(self) -> None:
        await self.fake.hooks.redeliver_failed()

    def calls(self, asked: Asked = Asked.ANYTHING, *, well: bool = False) -> int:
        method, path = PATHS[asked]
        found = [one for one in self.fake.requests if one.method.startswith(method) and path in one.path]
        return sum(1 for one in found if not well or one.status < 400)

    def hosted(self, repository: Repository) -> nouns.Repository:
        return self.fake.hosted.repositories[int(repository.id)]

    def _account(self, person: Person) -> nouns.Account:
        return self.fake.user(person.login)

    def _comment(self, comment: CommentRef) -> nouns.Comment:
        hosted = self.hosted(comment.repository)
        found = hosted.comments if isinstance(_on(comment.thread), int) else hosted.commit_comments
        return found[int(comment.id)]


class GitHubAppHost(GitHubHost):
    """The same with the bot as an App, which is installed on every repository."""

    def __init__(self, checks: ChecksMode = "beside") -> None:
        self._checks = checks

    def _provider(self, clock: WoundClock) -> GitHubProvider:
        app, secrets = an_app(self.fake), [self.fake.hooks.secret]
        self.fake.hosted.now = self.fake.hooks.now = clock.now
        return GitHubProvider(
            self.fake.url, self.fake.api_url, secrets, now=clock.now, app=app, wall=clock.now, checks=self._checks
        )

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        made = await super().repository(full_name, members, private=private)
        self.fake.install([self.hosted(made)])
        return made
