"""The fake GitLab as a host under the contract of `ports.Provider`."""

import base64
import itertools
import time
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
from providers.gitlab.provider import GitLabProvider
from tests.contracts.host_under_test import SeenComment, SeenStatus, SentDelivery
from tests.world.gitlab import nouns
from tests.world.gitlab.nouns import DEVELOPER, MAINTAINER, REPORTER
from tests.world.gitlab.server import FakeGitLab

SEEN: dict[str, Literal["pending", "success", "failure"]] = {
    "pending": "pending",
    "running": "pending",
    "success": "success",
    "failed": "failure",
    "canceled": "failure",
}

GIVEN = {Role.READ: REPORTER, Role.WRITE: DEVELOPER, Role.ADMIN: MAINTAINER}

REACTIONS = {"thumbsup": "+1", "thumbsdown": "-1"}


class SystemClock:
    def now(self) -> float:
        return time.time()


class GitLabUnderTest:
    signature_header = "webhook-signature"
    pull_page = "/-/merge_requests/{}"
    commit_page = "/-/commit/{}"

    def __init__(self, gitlab: FakeGitLab) -> None:
        self._gitlab = gitlab
        self._numbers = itertools.count(1)
        self._came_in: list[SentDelivery] = []
        self._token = gitlab.token(gitlab.bot)
        self.secret = gitlab.hooks.signing_token
        self.provider: Provider = self.provider_with([self.secret])

    async def receive(self, request: web.Request) -> web.Response:
        self._came_in.append(SentDelivery(dict(request.headers), await request.read()))
        return web.Response(status=202)

    def provider_with(self, secrets: Sequence[str]) -> GitLabProvider:
        """A text that is no signing token stands for the one with that key."""
        signing = [one if one.startswith("whsec_") or not one else signing_token(one) for one in secrets]
        return GitLabProvider(self._gitlab.url, SystemClock(), (), signing, self._token)

    async def repository(self, *, private: bool = True) -> Repository:
        visibility: nouns.Visibility = "private" if private else "public"
        made = await self._gitlab.project(f"acme/apps/web-{next(self._numbers)}", visibility)
        await self._gitlab.push(made, "main", {"README": "hello"}, "Begin", by=self._gitlab.user("ada"))
        return Repository("gitlab", str(made.id), made.path)

    async def person(self, repository: Repository, role: Role) -> Person:
        account = self._gitlab.user(f"person-{next(self._numbers)}")
        if role is not Role.NONE:
            self._gitlab.grant(self._hosted(repository), account, GIVEN[role])
        return Person(account.username, str(account.id))

    async def team(self, repository: Repository, members: Sequence[Person]) -> str:
        path = f"acme/team-{next(self._numbers)}"
        self._gitlab.group(path, {self._account(member): DEVELOPER for member in members})
        return path

    async def push(self, repository: Repository, branch: str, by: Person, files: Mapping[str, str]) -> str:
        return await self._gitlab.push(self._hosted(repository), branch, files, "Change it", self._account(by))

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self._gitlab.push_tag(self._hosted(repository), tag, self._account(by))

    async def force_push(self, repository: Repository, branch: str, by: Person) -> str:
        hosted, files = self._hosted(repository), {"other": "1"}
        return await self._gitlab.force_push(hosted, branch, files, "Change it otherwise", self._account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self._gitlab.delete_branch(self._hosted(repository), branch, self._account(by))

    async def pull_request(self, repository: Repository, branch: str, by: Person, title: str) -> PullRequest:
        made = await self._gitlab.open_merge_request(self._hosted(repository), branch, self._account(by), title)
        return PullRequest(made.iid, made.sha, made.source_branch, made.target_branch, title=title, author=by)

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self._gitlab.close_merge_request(hosted, hosted.merge_requests[number], self._account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self._gitlab.reopen_merge_request(hosted, hosted.merge_requests[number], self._account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._hosted(repository)
        await self._gitlab.merge(hosted, hosted.merge_requests[number], self._account(by))

    async def write_comment(self, repository: Repository, thread: Thread, by: Person, body: str) -> CommentRef:
        made = await self._gitlab.comment(self._hosted(repository), on(thread), self._account(by), body)
        assert made is not None, "a note that is nothing but quick actions"
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, by: Person, body: str) -> None:
        hosted = self._hosted(comment.repository)
        await self._gitlab.edit_comment(hosted, hosted.notes[int(comment.id)], self._account(by), body)

    async def delete_comment(self, comment: CommentRef) -> None:
        hosted = self._hosted(comment.repository)
        await self._gitlab.delete_comment(hosted, hosted.notes[int(comment.id)])

    async def ping(self, repository: Repository) -> None:
        """There is none: the hook's page sends samples of real events."""

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        return seen_statuses(self._gitlab, self._hosted(repository), commit)

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return seen_comments(self._gitlab, self._hosted(repository), thread)

    async def deliveries(self) -> list[SentDelivery]:
        await self._gitlab.settled()
        came_in, self._came_in = self._came_in, []
        return came_in

    def _hosted(self, repository: Repository) -> nouns.Project:
        return self._gitlab.hosted.projects[int(repository.id)]

    def _account(self, person: Person) -> nouns.Account:
        return self._gitlab.user(person.login)


@asynccontextmanager
async def gitlab_under_test(folder: Path) -> AsyncIterator[GitLabUnderTest]:
    """A fake GitLab, a listener for its webhooks, and a provider."""
    async with FakeGitLab(folder / "gitlab") as gitlab:
        under_test = GitLabUnderTest(gitlab)
        app = web.Application()
        app.add_routes([web.post("/", under_test.receive)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        gitlab.hook(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        try:
            yield under_test
        finally:
            await under_test.provider.close()
            await runner.cleanup()


def signing_token(secret: str) -> str:
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def on(thread: Thread) -> int | str:
    return int(thread.name) if thread.kind is ThreadKind.PULL_REQUEST else thread.name


def seen_statuses(gitlab: FakeGitLab, project: nouns.Project, commit: str) -> Mapping[str, SeenStatus]:
    return {
        name: SeenStatus(SEEN[one.state], one.description or "", one.target_url or "")
        for name, one in gitlab.statuses(project, commit).items()
    }


def seen_comments(gitlab: FakeGitLab, project: nouns.Project, thread: Thread) -> list[SeenComment]:
    return [
        SeenComment(
            str(one.id),
            one.author.username,
            one.body,
            tuple(sorted(REACTIONS.get(name, name) for _, name in one.awards)),
        )
        for one in gitlab.comments(project, on(thread))
    ]
