"""The host as one thing: its parts put together, and what the demo, the command line and tests do with it.

Rules are in the parts; here people and repositories are found by their names, and parts are started and closed in order.
"""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from bot.model.host_event import Thread
from bot.model.people import Role
from bot.ports import Clock
from providers.local.host import bodies, hooks, people, pull_requests, repositories
from providers.local.host.address import Address
from providers.local.host.changes import Changes
from providers.local.host.comments import CommentRecord
from providers.local.host.database import Database
from providers.local.host.deliveries import Sender, enqueue
from providers.local.host.discussion import Discussion
from providers.local.host.git import Git
from providers.local.host.pages.routes import Pages
from providers.local.host.people import BOT, User
from providers.local.host.pull_requests import PullRequestRecord
from providers.local.host.pushes import Pushes
from providers.local.host.repositories import Repo
from providers.local.host.smart_http import SmartHttp
from providers.local.host.statuses import StatusRecord

PUSH_LIMIT = 4 << 30
SIGN_IN_FOR = 3600.0


class Host:
    """`start`, hang `add_routes` into an application, and `deliver` once that listens; `close` at the end.

    `webhook_secret` signs what is delivered. Logins and names are as people write them; the bot is the user `penstock`.
    """

    def __init__(self, data_dir: Path, clock: Clock, webhook_secret: str, url: str = "") -> None:
        if not webhook_secret:
            raise ValueError("The embedded host needs a webhook secret: unsigned deliveries would be refused.")
        self._folder = data_dir.absolute() / "host"
        self._clock = clock
        self.address = self._here = Address(url)
        self.git = Git(self._folder / "gitconfig", self._folder / "hooks", PUSH_LIMIT)
        self.database = Database(self._folder / "host.db")
        self.sender = Sender(self.database, webhook_secret)
        root = self._folder / "repositories"
        self.pushes = Pushes(root, self.git, self.database, self.sender, clock, self.address)
        self.changes = Changes(self.pushes, self.git, self.database, self.sender, clock)
        self.discussion = Discussion(self.pushes, self.git, self.database, self.sender, clock)
        self._smart_http = SmartHttp(self.git, self.pushes, self.database, clock)
        self._pages = Pages(self, clock)

    async def start(self) -> None:
        """Open what is kept, and tell of what moved when a former life ended. One process does this at a time."""
        await self.open()
        await self.database.run(people.drop_expired, self._clock.now())
        await self.pushes.recover()

    async def open(self) -> None:
        """Open what is kept, be it beside the process that listens: what is done here, that one will tell of."""
        (self._folder / "repositories").mkdir(parents=True, exist_ok=True, mode=0o700)
        hooks.install(self._folder / "hooks")
        self.git.configure()
        await self.database.open()
        await self.database.run(_make_bot)

    def add_routes(self, app: web.Application) -> None:
        self._smart_http.add_routes(app)
        self._pages.add_routes(app)

    async def deliver(self, webhook_url: str, url: str = "") -> None:
        """From now on send webhooks there, beginning with what waits. `url`: where people reach the host, now known."""
        if url:
            self.address.url = url.rstrip("/")
        self._here = Address(webhook_url.partition("/webhooks/")[0])
        await self.sender.start(webhook_url)

    async def close(self) -> None:
        await self.sender.close()
        await self.git.processes.close()
        await self.database.close()

    # --- People -----------------------------------------------------------------------------------------------------

    async def add_user(self, login: str, *, admin: bool = False) -> str:
        """A new user's first access token, shown this once."""
        return await self.database.run(_add_user, login, admin=admin)

    async def issue_token(self, login: str) -> str:
        """A further access token of a user."""
        return await self.database.run(_issue, login, None)

    async def sign_in_link(self, login: str, path: str = "") -> str:
        """A link that signs a browser in as the user, once, within the hour, and goes on to a page (`/host/…`)."""
        token = await self.database.run(_issue, login, self._clock.now() + SIGN_IN_FOR)
        return self._pages.sign_in_link(token, path)

    async def user(self, login: str) -> User:
        """Raises NotFound."""
        return await self.database.run(people.the_user, login)

    async def add_to_team(self, team: str, login: str) -> None:
        """`owner/team`; a team is there as long as somebody is in it."""
        await self.database.run(people.add_to_team, team, await self.user(login))

    # --- Repositories -----------------------------------------------------------------------------------------------

    async def create_repository(
        self,
        full_name: str,
        *,
        private: bool = True,
        members: Mapping[str, Role] | None = None,
        default_branch: str = "main",
    ) -> Repo:
        """An empty repository. Should the host die half way, its name is free again."""
        repo = await self.database.run(repositories.create, full_name, default_branch, private=private)
        path = self.pushes.path(repo)
        await self.git.create(path)
        await self.git.run(path, "symbolic-ref", "HEAD", f"refs/heads/{default_branch}")
        await self.database.run(repositories.set_members, repo, members or {})
        return repo

    async def set_members(self, full_name: str, members: Mapping[str, Role]) -> None:
        await self.database.run(repositories.set_members, await self.repository(full_name), members)

    async def repository(self, full_name: str) -> Repo:
        """Raises NotFound."""
        return await self.database.run(repositories.by_name, full_name)

    async def repository_names(self) -> list[str]:
        return [repo.full_name for repo in await self.database.run(repositories.everything)]

    async def members(self, full_name: str) -> list[tuple[str, Role]]:
        """Who has which role there, the highest first. Administrators of the host need none."""
        return await self.database.run(repositories.people_of, await self.repository(full_name))

    def clone_url(self, full_name: str) -> str:
        return self.address.git(full_name)

    def here(self, full_name: str) -> str:
        """Where the bot itself pushes to: where the host really listens, whatever its public name is."""
        return self._here.git(full_name)

    async def ping(self, full_name: str) -> None:
        """Send a `ping`: whether webhooks arrive."""
        repo = await self.repository(full_name)
        await self.database.run(_ping, repo)
        self.sender.wake(repo.id)

    # --- Pull requests, comments, statuses --------------------------------------------------------------------------

    async def open_pull_request(
        self, full_name: str, source: str, *, by: str, target: str = "", title: str = ""
    ) -> PullRequestRecord:
        return await self.changes.open(await self.repository(full_name), await self.user(by), source, target, title)

    async def close_pull_request(self, full_name: str, number: int, *, by: str) -> PullRequestRecord:
        return await self.changes.close(await self.repository(full_name), number, await self.user(by))

    async def reopen_pull_request(self, full_name: str, number: int, *, by: str) -> PullRequestRecord:
        return await self.changes.reopen(await self.repository(full_name), number, await self.user(by))

    async def merge(self, full_name: str, number: int, *, by: str) -> PullRequestRecord:
        return await self.changes.merge(await self.repository(full_name), number, await self.user(by))

    async def pull_requests(self, full_name: str) -> list[PullRequestRecord]:
        return await self.database.run(pull_requests.listing, await self.repository(full_name))

    async def comment(self, full_name: str, thread: Thread, body: str, *, by: str) -> CommentRecord:
        return await self.discussion.comment(await self.repository(full_name), thread, await self.user(by), body)

    async def edit_comment(self, full_name: str, number: int, body: str, *, by: str) -> CommentRecord:
        return await self.discussion.edit(await self.repository(full_name), number, await self.user(by), body)

    async def delete_comment(self, full_name: str, number: int, *, by: str) -> None:
        await self.discussion.remove(await self.repository(full_name), number, await self.user(by))

    async def comments(self, full_name: str, thread: Thread) -> list[CommentRecord]:
        return await self.discussion.comments(await self.repository(full_name), thread)

    async def statuses(self, full_name: str, commit: str) -> Mapping[str, StatusRecord]:
        """The newest of each context."""
        return await self.discussion.statuses(await self.repository(full_name), commit)


def _make_bot(connection: Connection) -> None:
    if people.find_user(connection, BOT) is None:
        people.add_user(connection, BOT, admin=True, bot=True)


def _add_user(connection: Connection, login: str, *, admin: bool) -> str:
    return people.issue_token(connection, people.add_user(connection, login, admin=admin), "access")


def _issue(connection: Connection, login: str, sign_in_until: float | None) -> str:
    user = people.the_user(connection, login)
    purpose: people.Purpose = "access" if sign_in_until is None else "sign_in"
    return people.issue_token(connection, user, purpose, sign_in_until)


def _ping(connection: Connection, repo: Repo) -> None:
    enqueue(connection, repo, "ping", bodies.ping_body(repo))
