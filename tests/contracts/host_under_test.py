"""What the contract of `ports.Provider` asks of a host under test, so that every host is one more parameter in conftest.py.

Only what people do on a host and what they then see there; nothing of how a host is made or reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.ports import Provider


@dataclass(frozen=True, slots=True)
class SeenStatus:
    """A status as people see it. `state` is coarse: hosts differ in the finer ones."""

    state: Literal["pending", "success", "failure"]
    description: str
    url: str


@dataclass(frozen=True, slots=True)
class SeenComment:
    """A comment as people see it. `reactions` are the contents ("+1"), sorted, one an entry for each who gave it."""

    id: str
    by: str
    body: str
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """A webhook request as it really came in over HTTP."""

    headers: Mapping[str, str]
    body: bytes


class HostUnderTest(Protocol):
    """A host with real Git repositories that sends real webhooks, and the provider that speaks to it.

    `secret` signs its deliveries; `signature_header` is where the signature stands. `pull_page` and `commit_page` are where,
    below a repository's page, those of a pull request and a commit are (`{}` is its number or id).
    What differs otherwise is in `providers.features`.
    """

    provider: Provider
    secret: str
    signature_header: str
    pull_page: str
    commit_page: str

    def provider_with(self, secrets: Sequence[str]) -> Provider:
        """Another provider for the same host, that knows these webhook secrets."""

    async def repository(self, *, private: bool = True) -> Repository:
        """A new repository whose default branch `main` has one commit."""

    async def person(self, repository: Repository, role: Role) -> Person:
        """A new person with that role in the repository (Role.NONE: a stranger to it)."""

    async def team(self, repository: Repository, members: Sequence[Person]) -> str:
        """A new team beside the repository, as `owner/team`."""

    async def push(self, repository: Repository, branch: str, by: Person, files: Mapping[str, str]) -> str:
        """Commit the files on top of the branch (or of main, when it is new) and push; the commit's id comes back."""

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        """Push an annotated tag on main's head; the commit's id comes back."""

    async def force_push(self, repository: Repository, branch: str, by: Person) -> str:
        """Replace the branch's head by another commit with the same parent."""

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None: ...

    async def pull_request(self, repository: Repository, branch: str, by: Person, title: str) -> PullRequest:
        """Open a pull request of a branch that is there into main."""

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None: ...

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None: ...

    async def merge(self, repository: Repository, number: int, by: Person) -> None: ...

    async def write_comment(self, repository: Repository, thread: Thread, by: Person, body: str) -> CommentRef: ...

    async def edit_comment(self, comment: CommentRef, by: Person, body: str) -> None: ...

    async def delete_comment(self, comment: CommentRef) -> None: ...

    async def ping(self, repository: Repository) -> None:
        """Only where the host has pings (`HostLimits.pings`)."""

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]:
        """The newest status of each context."""

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]:
        """All comments of the thread, oldest first."""

    async def deliveries(self) -> list[SentDelivery]:
        """What the host has sent since this was last asked, once it has nothing left to send."""
