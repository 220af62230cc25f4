"""The fake Bitbuckets as hosts under the contract of `ports.Provider`."""

import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiohttp import web

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.ports import Provider
from providers.bitbucket import marks
from providers.bitbucket.cloud.comments import EMOJI
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.comments import EMOTICONS
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from tests.contracts.host_under_test import SeenComment, SeenStatus, SentDelivery
from tests.world.bitbucket import nouns
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center

SEEN: dict[str, Literal["pending", "success", "failure"]] = {
    "INPROGRESS": "pending",
    "SUCCESSFUL": "success",
    "FAILED": "failure",
    "STOPPED": "failure",
    "CANCELLED": "failure",
}

PATIENCE = 60.0
"""Seconds for an answer: a busy machine is no host that is down."""

GIVEN: dict[Role, nouns.RoleName] = {Role.READ: "read", Role.WRITE: "write", Role.ADMIN: "admin"}


@dataclass(frozen=True)
class Eyes:
    """A fake Bitbucket as the bot and people see it: its nouns in our words. What Cloud and Data Center show differently is here."""

    fake: FakeBitbucket
    name: str

    def provider(
        self, secrets: Sequence[str], token: str, now: Callable[[], float] = time.monotonic
    ) -> BitbucketCloudProvider | BitbucketDataCenterProvider:
        if self.fake.data_center:
            return BitbucketDataCenterProvider(self.fake.url, secrets, token, timeout=PATIENCE, now=now)
        return BitbucketCloudProvider(self.fake.url, self.fake.api_url, secrets, token, timeout=PATIENCE, now=now)

    def person(self, account: nouns.Account) -> Person:
        if self.fake.data_center:
            return Person(account.login, str(account.id))
        return Person(account.login, account.uuid, names=(account.account_id, account.uuid))

    def repository(self, made: nouns.Repository) -> Repository:
        return Repository(self.name, str(made.id) if self.fake.data_center else made.uuid, made.full_name)

    def hosted(self, repository: Repository) -> nouns.Repository:
        found = self.fake.hosted.repositories.values()
        return next(one for one in found if repository.id in (str(one.id), one.uuid))

    def account(self, person: Person) -> nouns.Account:
        return self.fake.user(person.login)

    def comment(self, comment: CommentRef) -> tuple[nouns.Repository, nouns.Comment]:
        hosted = self.hosted(comment.repository)
        return hosted, hosted.comments[int(comment.id)]

    def team(self, name: str, members: Sequence[Person]) -> None:
        """On Data Center a group is of the whole host: only its own name counts."""
        group = name.rpartition("/")[2] if self.fake.data_center else name
        self.fake.group(group, [self.account(member) for member in members])

    def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        found = self.fake.builds(self.hosted(repository), commit)
        return {name: SeenStatus(SEEN[one.state], one.description, one.url) for name, one in found.items()}

    def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        """A reply of the bot's that is one emoji is how Cloud shows a reaction."""
        found = self.fake.comments(self.hosted(repository), on(thread))
        return [
            SeenComment(str(one.id), one.author.login, marks.plain(one.text), self._reactions(one, found))
            for one in found
            if not self._reaction_to(one)
        ]

    def _reactions(self, comment: nouns.Comment, found: Sequence[nouns.Comment]) -> tuple[str, ...]:
        names = {emoticon: reaction for reaction, emoticon in EMOTICONS.items()}
        given = [names[emoticon] for _, emoticon in comment.reactions]
        given += [self._reaction_to(one) for one in found if one.parent is comment and self._reaction_to(one)]
        return tuple(sorted(given))

    def _reaction_to(self, comment: nouns.Comment) -> str:
        names = {emoji: reaction for reaction, emoji in EMOJI.items()}
        replied = comment.parent is not None and comment.author is self.fake.bot
        return names.get(comment.text, "") if replied and not self.fake.data_center else ""


class BitbucketUnderTest:
    signature_header = "X-Hub-Signature"
    pull_page = "/pull-requests/{}"
    commit_page = "/commits/{}"

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._fake = eyes.fake
        self._numbers = itertools.count(1)
        self._came_in: list[SentDelivery] = []
        self._token = eyes.fake.token(eyes.fake.bot)
        self._providers: list[Provider] = []
        self.secret = eyes.fake.hooks.secret
        self.provider: Provider = self.provider_with([self.secret])

    async def receive(self, request: web.Request) -> web.Response:
        self._came_in.append(SentDelivery(dict(request.headers), await request.read()))
        return web.Response(status=202)

    def provider_with(self, secrets: Sequence[str]) -> Provider:
        made: Provider = self._eyes.provider(secrets, self._token)
        self._providers.append(made)
        return made

    async def close(self) -> None:
        for provider in self._providers:
            await provider.close()

    async def repository(self, *, private: bool = True) -> Repository:
        made = await self._fake.repository(f"acme/web-{next(self._numbers)}", private=private)
        await self._fake.push(made, "main", {"README": "hello"}, "Begin", by=self._fake.user("ada"))
        return self._eyes.repository(made)

    async def person(self, repository: Repository, role: Role) -> Person:
        account = self._fake.user(f"person-{next(self._numbers)}")
        if role is not Role.NONE:
            self._fake.grant(self._eyes.hosted(repository), account, GIVEN[role])
        return self._eyes.person(account)

    async def team(self, repository: Repository, members: Sequence[Person]) -> str:
        name = f"acme/team-{next(self._numbers)}"
        self._eyes.team(name, members)
        return name

    async def push(self, repository: Repository, branch: str, by: Person, files: Mapping[str, str]) -> str:
        hosted = self._eyes.hosted(repository)
        return await self._fake.push(hosted, branch, files, "Change it", self._eyes.account(by))

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self._fake.push_tag(self._eyes.hosted(repository), tag, self._eyes.account(by))

    async def force_push(self, repository: Repository, branch: str, by: Person) -> str:
        hosted, files = self._eyes.hosted(repository), {"other": "1"}
        return await self._fake.force_push(hosted, branch, files, "Change it otherwise", self._eyes.account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self._fake.delete_branch(self._eyes.hosted(repository), branch, self._eyes.account(by))

    async def pull_request(self, repository: Repository, branch: str, by: Person, title: str) -> PullRequest:
        hosted = self._eyes.hosted(repository)
        made = await self._fake.open_pull_request(hosted, branch, self._eyes.account(by), title)
        return PullRequest(made.number, made.head_sha, branch, "main", made.base_sha, title, by)

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._eyes.hosted(repository)
        await self._fake.decline(hosted, hosted.pulls[number], self._eyes.account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._eyes.hosted(repository)
        await self._fake.reopen(hosted, hosted.pulls[number], self._eyes.account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self._eyes.hosted(repository)
        await self._fake.merge(hosted, hosted.pulls[number], self._eyes.account(by))

    async def write_comment(self, repository: Repository, thread: Thread, by: Person, body: str) -> CommentRef:
        """A body that begins with the port's marker has it as the bot writes it here."""
        marker = body.partition("\n")[0]
        text = marks.marked(body, marker) if marker.startswith("<!-- penstock:") else body
        hosted = self._eyes.hosted(repository)
        made = await self._fake.comment(hosted, on(thread), self._eyes.account(by), text)
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, by: Person, body: str) -> None:
        hosted, found = self._eyes.comment(comment)
        await self._fake.edit_comment(hosted, found, self._eyes.account(by), body)

    async def delete_comment(self, comment: CommentRef) -> None:
        hosted, found = self._eyes.comment(comment)
        await self._fake.delete_comment(hosted, found, found.author)

    async def ping(self, repository: Repository) -> None:
        """There is none of a repository."""

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        return self._eyes.statuses(repository, commit)

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return self._eyes.comments(repository, thread)

    async def deliveries(self) -> list[SentDelivery]:
        await self._fake.hooks.settled()
        came_in, self._came_in = self._came_in, []
        return came_in


@asynccontextmanager
async def _under_test(
    folder: Path, make: Callable[[Path], FakeBitbucket], name: str
) -> AsyncIterator[BitbucketUnderTest]:
    """A fake, a listener for its webhooks, and a provider."""
    async with make(folder / name) as fake:
        under_test = BitbucketUnderTest(Eyes(fake, name))
        app = web.Application()
        app.add_routes([web.post("/", under_test.receive)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.hook(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        try:
            yield under_test
        finally:
            await under_test.close()
            await runner.cleanup()


@asynccontextmanager
async def cloud_under_test(folder: Path) -> AsyncIterator[BitbucketUnderTest]:
    async with _under_test(folder, cloud, "bitbucket") as under_test:
        yield under_test


@asynccontextmanager
async def data_center_under_test(folder: Path) -> AsyncIterator[BitbucketUnderTest]:
    async with _under_test(folder, data_center, "bitbucket-dc") as under_test:
        yield under_test


def on(thread: Thread) -> int | str:
    return int(thread.name) if thread.kind is ThreadKind.PULL_REQUEST else thread.name
