"""What the runtime asks of a Git host: its deliveries read, its statuses and comments written, its people looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.model.check import CheckRun
from bot.model.delivery import Delivery
from bot.model.git_deployment import Proposal
from bot.model.host_deployment import HostDeployment
from bot.model.host_event import CommentRef, HostEvent, Thread
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.status import CommitStatus


class ProviderError(Exception):
    """A host could not be asked or refused. The text is safe to show: it never holds a secret."""


class SignatureMissing(ProviderError):
    """The delivery carries no signature, or no secret is configured: 401."""


class SignatureWrong(ProviderError):
    """The delivery's signature is not ours: 403."""


class NotADelivery(ProviderError):
    """Required headers are missing or malformed: 400."""


class HostUnavailable(ProviderError):
    """The host did not answer, answered 5xx, or limits our rate. Try again, not before `retry_after` seconds.

    `host` is its name, where its own fault is all that is known, and `does` what it does, in words that are the same at each try.
    """

    def __init__(
        self, message: str, retry_after: float = 0.0, *, host: str = "", does: str = "does not answer"
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.host = host
        self.does = does


class HostDown(HostUnavailable):
    """The host has not answered for a while and is left alone: this was not even asked, or tried whether it is back."""


class HostRefused(ProviderError):
    """The host understood and will not (401, 403, 404, 410, 422): trying again would not help."""


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What a host can show: characters of a status description and of a comment, whether it has reactions and `<details>`.

    `names_hook`: its deliveries say whose webhook they come from, so that of many secrets one is tried. `pings`: it tells by a delivery of its own that a webhook has been added. `checks`: it has check runs, though perhaps not for
    whoever signs in (`Provider.checks`). `ends_to_retell`: a status that goes on gets other words by being ended first, so only what somebody waits for is worth it.
    """

    description: int
    comment: int
    reactions: bool
    folding: bool
    pings: bool = False
    names_hook: bool = False
    checks: bool = False
    ends_to_retell: bool = False
    command_prefix: str = "/"
    """What people are told to type before a command's name: `/`, or `/penstock ` where the host takes bare ones itself."""


@dataclass(frozen=True, slots=True)
class GitRemote:
    """Where Git fetches from. The password reaches git only through GIT_ASKPASS, never an argument, a URL or a file.

    `path` is set when the repository lies on this machine (the embedded host): objects are then read in place.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class FoundRepository:
    """A repository as its host has it under a name. `public`: everybody may read it, whoever they are."""

    repository: Repository
    public: bool


Reading = Callable[[Delivery], Sequence[HostEvent]]
"""How deliveries are read, as a function that can be handed to another process."""


class Checks(Protocol):
    """Check runs, or what comes nearest to them, where the host has any and the bot may make them. `instead`: they are shown in place
    of commit statuses.
    """

    instead: bool

    async def put(self, check: CheckRun, known: str | None) -> str:
        """Show the check run; what it is known by from then on comes back.

        `known` is what came back for this context of this commit before; None: none was ever put; "": perhaps one was, and nobody
        noted it, so that it is looked for. One that has ended stays as it was when another of its context begins.
        """


class Deployments(Protocol):
    """Deployments to environments, where the host shows them."""

    async def put(self, deployment: HostDeployment, known: str | None) -> str:
        """Show how far it is; what it is known by from then on comes back ("" where there is nothing to be shown yet).

        `known` as with check runs.
        """

    async def retire(self, repository: Repository, known: str) -> None:
        """It has been replaced by another. To say so again is harmless."""


class Contributing(Protocol):
    """What the bot changes in a repository itself: it pushes commits, and opens pull requests."""

    async def remote(self, repository: Repository) -> GitRemote:
        """Where it pushes to, with credentials that may. Raises ProviderError."""

    async def propose(self, repository: Repository, proposal: Proposal) -> int:
        """Open a pull request of the branch, or bring the open one of the same branches up to date; its number.

        Done again it finds the same. Raises ProviderError.
        """

    async def proposed(self, repository: Repository, source: str, target: str) -> int | None:
        """The number of the open pull request between two branches of the repository, None where there is none. Raises ProviderError."""

    async def withdraw(self, repository: Repository, number: int) -> None:
        """Close an open pull request unmerged. Raises ProviderError."""


class HostHealth(Protocol):
    """How a host has answered so far. `calls` by what became of them; nobody may write here."""

    @property
    def up(self) -> bool:
        """False while it does not answer, and is tried by one call at a time."""

    @property
    def limited(self) -> bool:
        """Whether it limits our rate, so that nothing is sent."""

    @property
    def remaining(self) -> int | None:
        """The calls that its rate limit leaves, as far as it tells."""

    @property
    def calls(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery that reached nobody. `key` is as the inbox knows it, `id` as the host does."""

    key: str
    id: str


class Redeliveries(Protocol):
    """Of a host that keeps what it could not deliver, and sends it again when it is asked."""

    async def failed(self, repositories: Sequence[Repository], url: str) -> Sequence[FailedDelivery]:
        """All that is kept and worth asking for, the oldest first: of webhooks of these repositories that lead to `url`, or of the
        one that the bot has of its own, for all. Raises ProviderError.
        """

    async def ask_again(self, delivery: FailedDelivery) -> None:
        """Have it sent again. Raises ProviderError."""


class Provider(Protocol):
    """One Git host. `read_delivery` and `verify` are plain functions: no I/O, no outbound call before verification."""

    name: str
    limits: HostLimits

    @property
    def checks(self) -> Checks | None:
        """None where there are none, or they are not wanted."""

    @property
    def deployments(self) -> Deployments | None:
        """None where there are none."""

    @property
    def contributing(self) -> Contributing: ...

    @property
    def health(self) -> HostHealth | None:
        """None where nobody is asked over a network."""

    @property
    def redeliveries(self) -> Redeliveries | None:
        """None where the host keeps nothing, or whoever signs in may not ask."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Check the signature over the raw bytes in constant time. Raises SignatureMissing or SignatureWrong.

        What comes back says whose deliveries the secret is good for (`model.host_secret`); "": every repository of the host.
        """

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        """Name a verified delivery. Raises NotADelivery when its id or event header is missing."""

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        """Read a stored delivery: one event or several (of one push to several refs), in the host's order.

        The same delivery is always read as the same events. Never raises on bad input: what can't be read is one
        `Ignored` with the reason.
        """

    @property
    def reading(self) -> Reading:
        """`read`, without the provider."""

    def learn(self, repository: Repository) -> None:
        """What a repository is called by now: told of all that are known at the start, then of each that an event tells of anew."""

    async def complete(self, event: HostEvent) -> HostEvent:
        """The event with what its delivery does not tell and nobody can do without (a default branch, a whole commit id).

        A host that tells all gives it back as it is. Raises ProviderError when the host can't be asked.
        """

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        """The host's own page of a repository, pull request or commit, for links."""

    async def set_status(self, status: CommitStatus) -> None:
        """Show a commit status. Setting the same again is harmless."""

    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",
    ) -> str:
        """Post the comment that carries `marker`, or edit it where the bot has posted it before; its id comes back.

        `marker` is an HTML comment that `body` begins with; a host that would show one writes it in its own way.
        `known_id` saves the search; when that comment has been deleted, or none is known, every page of the thread is
        searched, the bot's own comments only. `in_reply_to` is the comment that this one answers: hosts with threads put
        it below that one, and search there.
        """

    async def react(self, comment: CommentRef, reaction: str) -> None:
        """Add a reaction ("+1", "eyes", "confused"); harmless when it is there already."""

    async def role(self, repository: Repository, person: Person) -> Role:
        """What the person may do there, asked afresh. Raises rather than guesses when the host can't say."""

    async def find(self, full_name: str) -> FoundRepository | None:
        """The repository of that name, None when there is none that the bot may read (or none can be called so)."""

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:
        """Whether the person belongs to the team (`owner/team`)."""

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None: ...

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:
        """Those that have brought the commit to where it is by being merged, then open ones with it at their head."""

    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        """Whether something of the pull request's author has been merged in the repository before."""

    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        """All of them, on however many pages. Their `base` may be left out: `complete` knows it."""

    async def head(self, repository: Repository, branch: str) -> str | None:
        """The branch's newest commit, None when there is no such branch."""

    async def remote(self, repository: Repository) -> GitRemote: ...

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """Where a commit of an open pull request is that the repository itself does not give out: in a fork, which everybody
        may read. None: nowhere, and always where the repository gives out its pull requests' commits.
        """

    async def close(self) -> None: ...


class Providers(dict[str, Provider]):
    """By their names. One that is no longer configured refuses whatever it is asked, as a host would: repositories of it stay known."""

    def __missing__(self, name: str) -> Provider:
        raise HostRefused(f"The host {name} is not configured: name it again in the hosts file, as it was")


# --- Git -------------------------------------------------------------------------------------------------------------
