"""The fake Bitbuckets, Cloud and Data Center, as stories ask for them. Their own rules are in `tests/world/bitbucket`."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Provider
from providers.bitbucket import marks, webhooks
from tests.contracts.host_under_test import SeenComment, SeenStatus
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.bitbucket.under_test import GIVEN, Eyes, on
from tests.world.fake.faults import Fault
from tests.world.host import Asked, Files, WoundClock

CLOUD_PATHS = {
    Asked.ANYTHING: ("", ""),
    Asked.STATUS: ("POST", "/statuses/build"),
    Asked.NEW_COMMENT: ("POST", "/comments"),
    Asked.ROLE: ("GET", "/permissions/repositories/"),
}

DATA_CENTER_PATHS = CLOUD_PATHS | {
    Asked.STATUS: ("POST", "/builds"),
    Asked.ROLE: ("GET", "permission.1=REPO_WRITE"),
}


class BitbucketHost:
    provider: Provider
    besides = 1
    """The default branch, which no delivery names."""

    def __init__(
        self,
        name: str,
        make: Callable[[Path], FakeBitbucket],
        identity: str,
        paths: Mapping[Asked, tuple[str, str]],
    ) -> None:
        self._name = name
        self._make = make
        self._identity = identity
        self._paths = paths

    async def start(self, folder: Path, clock: WoundClock) -> None:
        self.fake = self._make(folder / self._name)
        self.fake.hosted.now = clock.now
        await self.fake.start()
        self.eyes = Eyes(self.fake, self._name)
        self.bot = self.fake.bot.login
        token = self.fake.token(self.fake.bot)
        self.provider = self.eyes.provider([self.fake.hooks.secret], token, clock.now)

    async def deliver(self, app: web.Application, url: str) -> None:
        self.fake.hook(f"{url}/webhooks/{self._name}")

    async def listen(self) -> None: ...

    async def settled(self) -> None:
        await self.fake.hooks.settled()

    @property
    def idle(self) -> bool:
        return self.fake.hooks.idle

    def signed(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        digest = hmac.new(self.fake.hooks.secret.encode(), body, "sha256").hexdigest()
        return {
            self._identity: delivery.id,
            webhooks.EVENT: delivery.headers[webhooks.EVENT_KEPT],
            webhooks.SIGNATURE: f"sha256={digest}",
            "Content-Type": "application/json",
        }

    async def close(self) -> None:
        await self.provider.close()
        await self.fake.close()

    async def person(self, login: str) -> Person:
        return self.eyes.person(self.fake.user(login))

    async def team(self, name: str, members: Sequence[Person]) -> None:
        self.eyes.team(name, members)

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        made = await self.fake.repository(full_name, private=private)
        for login, role in members.items():
            self.fake.grant(made, self.fake.user(login), GIVEN[role])
        await made.git.commit("main", {"README.md": "hello\n"}, "Begin", next(iter(members)), 0, None)
        return self.eyes.repository(made)

    async def push(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person, *, force: bool = False
    ) -> str:
        push = self.fake.force_push if force else self.fake.push
        return await push(self.eyes.hosted(repository), branch, files, message, self.eyes.account(by))

    async def rename(self, repository: Repository, name: str, by: Person) -> Repository:
        hosted = self.eyes.hosted(repository)
        await self.fake.rename(hosted, name, self.eyes.account(by))
        return self.eyes.repository(hosted)

    async def grant(self, repository: Repository, person: Person, role: Role) -> None:
        self.fake.grant(self.eyes.hosted(repository), self.eyes.account(person), GIVEN[role])

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        return await self.fake.push_tag(self.eyes.hosted(repository), tag, self.eyes.account(by))

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self.fake.delete_branch(self.eyes.hosted(repository), branch, self.eyes.account(by))

    async def open_pull_request(
        self, repository: Repository, branch: str, title: str, by: Person, *, draft: bool = False
    ) -> int:
        hosted = self.eyes.hosted(repository)
        return (await self.fake.open_pull_request(hosted, branch, self.eyes.account(by), title, draft=draft)).number

    async def mark_ready(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.eyes.hosted(repository)
        await self.fake.mark_ready(hosted, hosted.pulls[number], self.eyes.account(by))

    async def open_pull_request_from_fork(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person
    ) -> tuple[int, str]:
        account, name = self.eyes.account(by), repository.name
        owner = f"~{by.login}" if self.fake.data_center else by.login
        fork = await self.fake.repository(f"{owner}/{name}", private=False)
        commit = await fork.git.commit(branch, files, message, by.login, 0, None)
        hosted = self.eyes.hosted(repository)
        made = await self.fake.open_pull_request(hosted, branch, account, message, fork=fork)
        return made.number, commit

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.eyes.hosted(repository)
        await self.fake.decline(hosted, hosted.pulls[number], self.eyes.account(by))

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.eyes.hosted(repository)
        await self.fake.reopen(hosted, hosted.pulls[number], self.eyes.account(by))

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        hosted = self.eyes.hosted(repository)
        await self.fake.merge(hosted, hosted.pulls[number], self.eyes.account(by))

    async def retarget(self, repository: Repository, number: int, into: str, by: Person) -> None:
        hosted = self.eyes.hosted(repository)
        await self.fake.retarget(hosted, hosted.pulls[number], self.eyes.account(by), into)

    async def comment(self, repository: Repository, thread: Thread, text: str, by: Person) -> CommentRef:
        """What begins with the port's marker has it as the bot writes it here."""
        marker = text.partition("\n")[0]
        text = marks.marked(text, marker) if marker.startswith("<!-- penstock:") else text
        made = await self.fake.comment(self.eyes.hosted(repository), on(thread), self.eyes.account(by), text)
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, text: str, by: Person) -> None:
        hosted, found = self.eyes.comment(comment)
        await self.fake.edit_comment(hosted, found, self.eyes.account(by), text)

    async def delete_comment(self, comment: CommentRef) -> None:
        hosted, found = self.eyes.comment(comment)
        await self.fake.delete_comment(hosted, found, found.author)

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        return self.eyes.comments(repository, thread)

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        return self.eyes.statuses(repository, commit)

    def fail_next(self, fault: Fault, asked: Asked = Asked.ANYTHING, times: int = 1) -> None:
        self.fake.fail_next(fault, *self._paths[asked], times)

    def recover(self) -> None:
        self.fake.recover()

    def limited(self, seconds: int) -> Fault:
        """https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/."""
        return Fault("answer", 429, "Rate limit for this resource has been exceeded", {"Retry-After": str(seconds)})

    def cut_off(self, *, cut: bool) -> None:
        self.fake.hooks.reachable = not cut

    async def deliver_late(self) -> None:
        await self.fake.hooks.redeliver_failed()

    def calls(self, asked: Asked = Asked.ANYTHING, *, well: bool = False) -> int:
        method, path = self._paths[asked]
        found = [one for one in self.fake.requests if one.method.startswith(method) and path in one.path]
        return sum(1 for one in found if not well or one.status < 400)


def cloud_host() -> BitbucketHost:
    return BitbucketHost("bitbucket", cloud, "X-Request-UUID", CLOUD_PATHS)


def data_center_host() -> BitbucketHost:
    return BitbucketHost("bitbucket-dc", data_center, "X-Request-Id", DATA_CENTER_PATHS)
