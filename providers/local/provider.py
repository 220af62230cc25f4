"""The embedded host behind the Provider port: the bot as its user `penstock`. Webhooks still come over HTTP, like any host's."""

from collections.abc import Mapping, Sequence

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, HostEvent, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.status import CommitStatus
from bot.ports import Clock, FoundRepository, GitRemote, HostLimits, Reading
from providers.local import events, webhooks
from providers.local.contributing import LocalContributing
from providers.local.host import bodies, people, pull_requests, repositories
from providers.local.host.comments import BODY_LIMIT
from providers.local.host.errors import NotFound
from providers.local.host.host import Host
from providers.local.host.people import BOT, User
from providers.local.host.repositories import Repo
from providers.local.host.statuses import DESCRIPTION_LIMIT, StatusRecord
from providers.local.words import in_our_words, number_in


class LocalProvider:
    """`secrets` are those that may sign deliveries: the newest, and older ones while they rotate."""

    name = webhooks.PROVIDER
    limits = HostLimits(description=DESCRIPTION_LIMIT, comment=BODY_LIMIT, reactions=True, folding=True, pings=True)
    checks = None
    deployments = None
    redeliveries = None
    health = None

    def __init__(self, host: Host, clock: Clock, secrets: Sequence[str]) -> None:
        self._host = host
        self._clock = clock
        self._secrets = tuple(secrets)
        self._bot: User | None = None
        self.contributing = LocalContributing(host, clock)

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        webhooks.verify(self._secrets, headers, body)
        return ""

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        return webhooks.delivery(headers, body, received_at)

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        return _read(delivery)

    @property
    def reading(self) -> Reading:
        return _read

    def learn(self, repository: Repository) -> None:
        """Names of this host do not change."""

    async def complete(self, event: HostEvent) -> HostEvent:
        return event

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        address, name = self._host.address, repository.full_name
        if thread is not None and thread.kind is ThreadKind.PULL_REQUEST:
            return address.pull_request(name, thread.name)
        commit = commit or (thread.name if thread else "")
        return address.commit(name, commit) if commit else address.repository(name)

    @in_our_words
    async def set_status(self, status: CommitStatus) -> None:
        repo, bot = await self._repo(status.repository), await self._who()
        record = StatusRecord(
            status.context, status.state, _shortened(status.description), status.url, self._clock.now()
        )
        await self._host.discussion.set_status(repo, status.commit, bot, record)

    @in_our_words
    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",  # noqa: ARG002  there are no threads
    ) -> str:
        known = number_in(known_id)
        repo, bot = await self._repo(repository), await self._who()
        return str(await self._host.discussion.put(repo, thread, bot, marker, body, known))

    @in_our_words
    async def react(self, comment: CommentRef, reaction: str) -> None:
        repo, bot = await self._repo(comment.repository), await self._who()
        number = number_in(comment.id)
        if number is None:
            raise NotFound("There is no such comment.")
        await self._host.discussion.react(repo, number, bot, reaction)

    @in_our_words
    async def role(self, repository: Repository, person: Person) -> Role:
        repo, user = await self._repo(repository), await self._person(person)
        return await self._host.database.run(repositories.role_of, repo, user)

    @in_our_words
    async def find(self, full_name: str) -> FoundRepository | None:
        try:
            found = await self._host.database.run(repositories.by_name, full_name)
        except NotFound:
            return None
        return FoundRepository(Repository(self.name, str(found.id), found.full_name), public=not found.private)

    @in_our_words
    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:  # noqa: ARG002  teams are of the whole host
        user = await self._person(person)
        return user is not None and await self._host.database.run(people.in_team, team, user.id)

    @in_our_words
    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        repo = await self._repo(repository)
        try:
            one = await self._host.database.run(pull_requests.get, repo, number)
        except NotFound:
            return None
        return events.pull_request(bodies.pull_request_part(one))

    @in_our_words
    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:
        """A merge leaves its target at the head itself, or at a merge commit of it."""
        repo = await self._repo(repository)
        parents = await self._host.git.parents(self._host.pushes.path(repo), commit)
        known = await self._host.database.run(pull_requests.with_head, repo, [commit, *parents[1:]])
        found = [events.pull_request(bodies.pull_request_part(one)) for one in known]
        return [one for one in found if one.merged] + [one for one in found if one.open and one.head == commit]

    @in_our_words
    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        author, repo = pull_request.author, await self._repo(repository)
        return author is not None and await self._host.database.run(pull_requests.has_merged, repo, author.id)

    @in_our_words
    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        repo = await self._repo(repository)
        known = await self._host.database.run(pull_requests.all_open, repo)
        return [events.pull_request(bodies.pull_request_part(one)) for one in known]

    @in_our_words
    async def head(self, repository: Repository, branch: str) -> str | None:
        repo = await self._repo(repository)
        return await self._host.git.branch_head(self._host.pushes.path(repo), branch)

    @in_our_words
    async def remote(self, repository: Repository) -> GitRemote:
        repo = await self._repo(repository)
        return GitRemote(self._host.clone_url(repo.full_name), path=self._host.pushes.path(repo))

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """None: a pull request's commits are its target's, too."""

    async def close(self) -> None:
        """The host is closed by whoever started it."""

    async def _repo(self, repository: Repository) -> Repo:
        """By its id: a repository that was renamed is still the same."""
        return await self._host.database.run(repositories.by_id, number_in(repository.id) or 0)

    async def _person(self, person: Person) -> User | None:
        number = number_in(person.id)
        return None if number is None else await self._host.database.run(people.user_by_id, number)

    async def _who(self) -> User:
        if self._bot is None:
            self._bot = await self._host.user(BOT)
        return self._bot


def _shortened(description: str) -> str:
    """To what the host takes, at the end of a word where there is one."""
    if len(description) <= DESCRIPTION_LIMIT:
        return description
    cut = description[: DESCRIPTION_LIMIT - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip() + "…"


def _read(delivery: Delivery) -> Sequence[HostEvent]:
    return (events.read(delivery),)
