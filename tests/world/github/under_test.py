"""The fake GitHub as a host under the contract of `ports.Provider`."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from aiohttp import web

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.ports import Provider
from providers.github.events import pull_request
from providers.github.payloads import PullRequest as Payload
from providers.github.provider import GitHubProvider
from providers.github.sign_in import EVENTS, NEEDED, AppKey
from tests.contracts.host_under_test import SeenComment, SeenStatus, SentDelivery
from tests.world.github import nouns
from tests.world.github.server import FakeGitHub

SEEN: dict[str, Literal["pending", "success", "failure"]] = {
    "pending": "pending",
    "success": "success",
    "failure": "failure",
    "error": "failure",
}

GIVEN: dict[Role, nouns.RoleName] = {Role.READ: "read", Role.WRITE: "write", Role.ADMIN: "admin"}


class GitHubUnderTest:
    signature_header = "X-Hub-Signature-256"
    pull_page = "/pull/{}"
    commit_page = "/commit/{}"

    def __init__(self, github: FakeGitHub, app: AppKey | None = None) -> None:
        self.github = github
        self._numbers = itertools.count(1)
        self._came_in: list[SentDelivery] = []
        self._app = app
        self._token = "" if app else github.token(github.bot)
        self.secret = github.hooks.secret
        self.provider: Provider = self.provider_with([self.secret])

    async def receive(self, request: web.Request) -> web.Response:
        self._came_in.append(SentDelivery(dict(request.headers), await request.read()))
        return web.Response(status=202)

    def provider_with(self, secrets: Sequence[str]) -> GitHubProvider:
        return GitHubProvider(self.github.url, self.github.api_url, secrets, self._token, app=self._app)

    async def repository(self, *, private: bool = True) -> Repository:
        made = await self.github.repository(f"acme/web-{next(self._numbers)}", private=private)
        await self.github.push(made, "main", {"README": "hello"}, "Begin", by=self.github.user("ada"))
        if self._app is not None:
            self.github.install([made])
        return Repository("github", str(made.id), made.full_name)

    async def person(self, repository: Repository, role: Role) -> Person:
        account = self.github.user(f"person-{next(self._numbers)}")
        if role is not Role.NONE:
            self.github.grant(self._hosted(repository), account, GIVEN[role])
        return Person(account.login, str(account.id))

    async def team(self, repository: Repository, members: Sequence[Person]) -> str:
        accounts = [self.github.user(member.login) for member in members]
        return self.github.team("acme", f"team-{next(self._numbers)}", accounts)

    async def push(self, repository: Repository, branch: str, by: Person, files: Mapping[str, str]) -> str:
        return await self.github.push(self._hosted(repository), branch, files, "Change it", self._account(by))

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self.github.push_tag(self._hosted(repository), tag, self._account(by))

    async def force_push(self, repository: Repository, branch: str, by: Person) -> str:
        hosted, files = self._hosted(repository), {"other": "1"}
        return await self.github.force_push(hosted, branch, files, "Change it otherwise", self._account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self.github.delete_branch(self._hosted(repository), branch, self._account(by))

    async def pull_request(self, repository: Repository, branch: str, by: Person, title: str) -> PullRequest:
        hosted = self._hosted(repository)
        made = await self.github.open_pull_request(hosted, branch, self._account(by), title)
        return pull_request(Payload.model_validate(self.github.api.shapes.pull_request(hosted, made)))

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self.github.close_pull_request(hosted, hosted.pulls[number], self._account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self.github.reopen_pull_request(hosted, hosted.pulls[number], self._account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self.github.merge(hosted, hosted.pulls[number], self._account(by))

    async def write_comment(self, repository: Repository, thread: Thread, by: Person, body: str) -> CommentRef:
        made = await self.github.comment(self._hosted(repository), _on(thread), self._account(by), body)
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, by: Person, body: str) -> None:
        hosted, found = self._comment(comment)
        await self.github.edit_comment(hosted, found, self._account(by), body)

    async def delete_comment(self, comment: CommentRef) -> None:
        hosted, found = self._comment(comment)
        await self.github.delete_comment(hosted, found, found.author)

    async def ping(self, repository: Repository) -> None:
        await self.github.ping(self._hosted(repository))

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        found = self.github.statuses(self._hosted(repository), commit)
        return {
            context: SeenStatus(SEEN[one.state], one.description or "", one.target_url or "")
            for context, one in found.items()
        }

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return [
            SeenComment(str(one.id), one.author.login, one.body, tuple(sorted(what for _, what in one.reactions)))
            for one in self.github.comments(self._hosted(repository), _on(thread))
        ]

    async def deliveries(self) -> list[SentDelivery]:
        await self.github.hooks.settled()
        came_in, self._came_in = self._came_in, []
        return came_in

    def _hosted(self, repository: Repository) -> nouns.Repository:
        return self.github.hosted.repositories[int(repository.id)]

    def _account(self, person: Person) -> nouns.Account:
        return self.github.user(person.login)

    def _comment(self, comment: CommentRef) -> tuple[nouns.Repository, nouns.Comment]:
        hosted = self._hosted(comment.repository)
        found = hosted.comments if comment.thread.kind is ThreadKind.PULL_REQUEST else hosted.commit_comments
        return hosted, found[int(comment.id)]


@asynccontextmanager
async def github_app_under_test(folder: Path) -> AsyncIterator[GitHubUnderTest]:
    """The same, with a provider that signs in as an App."""
    async with FakeGitHub(folder / "github") as github, _listening(GitHubUnderTest(github, an_app(github))) as one:
        yield one


@asynccontextmanager
async def github_under_test(folder: Path) -> AsyncIterator[GitHubUnderTest]:
    """A fake GitHub, a listener for its webhooks, and a provider."""
    async with FakeGitHub(folder / "github") as github, _listening(GitHubUnderTest(github)) as one:
        yield one


def an_app(github: FakeGitHub) -> AppKey:
    """The bot as an App that may do what it needs, installed nowhere yet. Its account takes the place of the bot's."""
    key = github.app("penstock", NEEDED, EVENTS)
    assert github.hosted.app is not None
    github.bot = github.hosted.app.account
    return AppKey(str(github.hosted.app.id), key)


@asynccontextmanager
async def _listening(under_test: GitHubUnderTest) -> AsyncIterator[GitHubUnderTest]:
    github = under_test.github
    app = web.Application()
    app.add_routes([web.post("/", under_test.receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    github.hook(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    try:
        yield under_test
    finally:
        await under_test.provider.close()
        await runner.cleanup()


def _on(thread: Thread) -> int | str:
    return int(thread.name) if thread.kind is ThreadKind.PULL_REQUEST else thread.name
