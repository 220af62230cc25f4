"""The embedded host as stories ask for it: it listens beside the bot's pages, and people push to it over smart HTTP."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Provider
from providers.local import webhooks
from providers.local.host.host import Host
from providers.local.host.people import BOT
from providers.local.provider import LocalProvider
from tests.contracts.host_under_test import SeenComment, SeenStatus
from tests.contracts.local_under_test import STATES
from tests.world.fake.git import ENVIRONMENT, BareRepository
from tests.world.host import Files, WoundClock
from tests.world.local_host import SECRET, push, run_git


class LocalHost:
    provider: Provider
    bot = BOT

    async def start(self, folder: Path, clock: WoundClock) -> None:
        self._folder = folder
        self._clock = clock
        self._tokens: dict[str, str] = {}
        self._clones: dict[str, BareRepository] = {}
        self.host = Host(folder / "data", clock, SECRET)
        await self.host.start()
        self.provider = LocalProvider(self.host, clock, (SECRET,))

    async def deliver(self, app: web.Application, url: str) -> None:
        self._url = url
        self.host.add_routes(app)

    async def listen(self) -> None:
        await self.host.deliver(f"{self._url}/webhooks/local", self._url)

    async def settled(self) -> None:
        await self.host.sender.settled()

    @property
    def idle(self) -> bool:
        return self.host.sender._idle.is_set()

    def signed(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        return {
            webhooks.DELIVERY: delivery.id,
            webhooks.EVENT: delivery.headers[webhooks.EVENT_KEY],
            webhooks.SIGNATURE: webhooks.signature(SECRET, body),
            "Content-Type": "application/json",
        }

    async def close(self) -> None:
        await self.host.close()

    async def person(self, login: str) -> Person:
        if login not in (*self._tokens, BOT):
            self._tokens[login] = await self.host.add_user(login)
        return Person(login, str((await self.host.user(login)).id))

    async def team(self, name: str, members: Sequence[Person]) -> None:
        for member in members:
            await self.host.add_to_team(name, member.login)

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        for login in members:
            await self.person(login)
        made = await self.host.create_repository(full_name, private=private, members=members)
        repository = Repository("local", str(made.id), full_name)
        clone = self._clones[full_name] = BareRepository(self._folder / f"clone-{made.id}.git")
        await clone.create("main")
        for git in (clone, BareRepository(self.host.pushes.path(made))):
            await git.commit("main", {"README.md": "hello\n"}, "Begin", next(iter(members)), 0, None)
        return repository

    async def push(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person, *, force: bool = False
    ) -> str:
        clone, at = self._clones[repository.full_name], int(self._clock.now())
        parent = await clone.commit_of(f"refs/heads/{branch}" + ("~1" if force else "")) or await clone.commit_of(
            "main"
        )
        commit = await clone.commit(branch, files, message, by.login, at, parent)
        into = f"refs/heads/{branch}" if await self._writes(repository, by) else f"refs/proposals/{by.login}/{branch}"
        await self._push(repository, by, f"{'+' if force else ''}refs/heads/{branch}:{into}")
        return commit

    async def _writes(self, repository: Repository, person: Person) -> bool:
        return dict(await self.host.members(repository.full_name)).get(person.login, Role.READ) >= Role.WRITE

    async def rename(self, repository: Repository, name: str, by: Person) -> Repository:
        raise NotImplementedError("a repository of the embedded host keeps its name")

    async def grant(self, repository: Repository, person: Person, role: Role) -> None:
        await self.host.set_members(repository.full_name, {person.login: role})

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        clone = self._clones[repository.full_name]
        commit = await clone.commit_of("refs/heads/main") or ""
        await clone.tag(tag, commit, f"Release {tag}")
        await self._push(repository, by, f"refs/tags/{tag}")
        return commit

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None:
        await self._push(repository, by, f":refs/heads/{branch}")

    async def open_pull_request(
        self, repository: Repository, branch: str, title: str, by: Person, *, draft: bool = False
    ) -> int:
        assert not draft, "The embedded host has no drafts: mark the story with needs('drafts')."
        source = branch if await self._writes(repository, by) else f"~{by.login}/{branch}"
        made = await self.host.open_pull_request(repository.full_name, source, by=by.login, title=title)
        await self.settled()
        return made.number

    async def open_pull_request_from_fork(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person
    ) -> tuple[int, str]:
        raise NotImplementedError("The embedded host has no forks: mark the story with needs('forks').")

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        await self.host.close_pull_request(repository.full_name, number, by=by.login)

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None:
        await self.host.reopen_pull_request(repository.full_name, number, by=by.login)

    async def merge(self, repository: Repository, number: int, by: Person) -> None:
        await self.host.merge(repository.full_name, number, by=by.login)
        await self.settled()
        clone, url = self._clones[repository.full_name], self.host.clone_url(repository.full_name)
        await run_git(f"--git-dir={clone.path}", "fetch", "--quiet", url, "main:main", env=ENVIRONMENT)

    async def mark_ready(self, repository: Repository, number: int, by: Person) -> None:
        raise NotImplementedError("The embedded host has no drafts: mark the story with needs('drafts').")

    async def retarget(self, repository: Repository, number: int, into: str, by: Person) -> None:
        raise NotImplementedError("a pull request of the embedded host keeps its target branch")

    async def comment(self, repository: Repository, thread: Thread, text: str, by: Person) -> CommentRef:
        made = await self.host.comment(repository.full_name, thread, text, by=by.login)
        await self.settled()
        return CommentRef(repository, thread, str(made.id))

    async def edit_comment(self, comment: CommentRef, text: str, by: Person) -> None:
        await self.host.edit_comment(comment.repository.full_name, int(comment.id), text, by=by.login)

    async def delete_comment(self, comment: CommentRef) -> None:
        await self.host.delete_comment(comment.repository.full_name, int(comment.id), by=BOT)

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        shown = await self.host.comments(repository.full_name, thread)
        return [SeenComment(str(one.id), one.author.login, one.body, tuple(sorted(one.reactions))) for one in shown]

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        shown = await self.host.statuses(repository.full_name, commit)
        return {name: SeenStatus(STATES[one.state], one.description, one.url) for name, one in shown.items()}

    async def _push(self, repository: Repository, by: Person, refspec: str) -> None:
        clone, url = self._clones[repository.full_name], self.host.clone_url(repository.full_name)
        await push(clone.path, url, refspec, by.login, self._tokens[by.login], ENVIRONMENT)
        await self.settled()
