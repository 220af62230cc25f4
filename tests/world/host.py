"""What a story asks of a Git host, whichever it is. Only what people do there and see there; the hosts are `host_local`, `host_github`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, Thread
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import Provider
from tests.contracts.host_under_test import SeenComment, SeenStatus
from tests.world.fake.faults import Fault

Files = Mapping[str, str | None]
"""What a commit changes: contents by path; a file that is None is removed."""


class WoundClock:
    """Time that stands still until it is wound."""

    def __init__(self, now: float = 1_795_449_000.0) -> None:  # Mon 23 Nov 2026, 15:50 UTC
        self.at = now

    def now(self) -> float:
        return self.at


class Asked(StrEnum):
    """What a host is asked for, as faults are ordered and calls are counted by it."""

    ANYTHING = "anything"
    STATUS = "set a status"
    NEW_COMMENT = "post a comment"
    NEW_DEPLOYMENT = "show a deployment"
    ROLE = "what somebody may do"


@dataclass(frozen=True, slots=True)
class SeenDeployment:
    """A deployment as people see it: `state` in the host's word."""

    environment: str
    commit: str
    state: str


class WorldHost(Protocol):
    """A host with real Git repositories that sends real webhooks. Every deed returns when its webhooks have been answered.

    `bot` is the login that Penstock has there.
    """

    provider: Provider
    bot: str

    async def start(self, folder: Path, clock: WoundClock) -> None: ...

    async def deliver(self, app: web.Application, url: str) -> None:
        """Hang own pages into the bot's application, which will be reached at `url`."""

    async def listen(self) -> None:
        """The application listens: webhooks can be sent from now on."""

    async def settled(self) -> None:
        """Every webhook has been answered."""

    @property
    def idle(self) -> bool:
        """Whether no webhook waits for its answer."""

    def signed(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        """The headers with which the host would send this."""

    async def close(self) -> None: ...

    async def person(self, login: str) -> Person:
        """The person of that name, made when there is none."""

    async def team(self, name: str, members: Sequence[Person]) -> None: ...

    async def repository(self, full_name: str, members: Mapping[str, Role], *, private: bool = False) -> Repository:
        """A new repository whose default branch `main` has had one commit from the start: no webhook tells of it."""

    async def push(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person, *, force: bool = False
    ) -> str:
        """A commit on top of the branch, or of main when it is new; with `force`, in place of its newest one."""

    async def rename(self, repository: Repository, name: str, by: Person) -> Repository:
        """It is called so from now on, by the same owner."""

    async def grant(self, repository: Repository, person: Person, role: Role) -> None:
        """From now on the person may do that there."""

    async def push_tag(self, repository: Repository, tag: str, by: Person) -> str:
        """A tag on main's newest commit, whose id comes back."""

    async def delete_branch(self, repository: Repository, branch: str, by: Person) -> None: ...

    async def open_pull_request(
        self, repository: Repository, branch: str, title: str, by: Person, *, draft: bool = False
    ) -> int: ...

    async def mark_ready(self, repository: Repository, number: int, by: Person) -> None:
        """The draft is none any more."""

    async def open_pull_request_from_fork(
        self, repository: Repository, branch: str, files: Files, message: str, by: Person
    ) -> tuple[int, str]:
        """Of a branch of somebody's own copy; the pull request's number and its commit come back."""

    async def close_pull_request(self, repository: Repository, number: int, by: Person) -> None: ...

    async def reopen_pull_request(self, repository: Repository, number: int, by: Person) -> None: ...

    async def merge(self, repository: Repository, number: int, by: Person) -> None: ...

    async def retarget(self, repository: Repository, number: int, into: str, by: Person) -> None:
        """The pull request is to go to that branch now."""

    async def comment(self, repository: Repository, thread: Thread, text: str, by: Person) -> CommentRef: ...

    async def edit_comment(self, comment: CommentRef, text: str, by: Person) -> None: ...

    async def delete_comment(self, comment: CommentRef) -> None: ...

    async def comments(self, repository: Repository, thread: Thread) -> list[SeenComment]: ...

    async def statuses(self, repository: Repository, commit: str) -> Mapping[str, SeenStatus]: ...


class DeployingHost(WorldHost, Protocol):
    """A host that shows deployments."""

    async def deployments(self, repository: Repository) -> list[SeenDeployment]:
        """Oldest first."""


class FaultyHost(WorldHost, Protocol):
    """A host that can be told to fail. `besides`: what a push makes it be asked before anything is told."""

    besides: int

    def fail_next(self, fault: Fault, asked: Asked = Asked.ANYTHING, times: int = 1) -> None:
        """Let the next calls for that meet the fault."""

    def recover(self) -> None:
        """Forget the faults that have been ordered and not met."""

    def limited(self, seconds: int) -> Fault:
        """The answer by which the host says that it limits our rate for so long."""

    def cut_off(self, *, cut: bool) -> None:
        """From now on its webhooks reach nobody, or the bot again."""

    async def deliver_late(self) -> None:
        """Send again what had reached nobody, as the host's own retries or its people do it."""

    def calls(self, asked: Asked = Asked.ANYTHING, *, well: bool = False) -> int:
        """How often it was asked for that so far; `well`: and did it."""
