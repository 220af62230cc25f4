"""A fake host as far as all are alike: it listens on loopback, delivers webhooks, has faults on order, and people push to it."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from aiohttp import web

from tests.world.fake.calls import ApiCall, Called
from tests.world.fake.deliveries import Deliveries
from tests.world.fake.faults import Fault
from tests.world.fake.git import BareRepository

Files = Mapping[str, str | None]
"""What a commit changes: texts by their paths; None removes a file."""


class Holding(Protocol):
    """A repository, whatever the host calls it."""

    git: BareRepository
    default_branch: str


R = TypeVar("R", bound=Holding)
A = TypeVar("A")


class FakeServer(ABC, Generic[R, A]):
    """`R` are the host's repositories, `A` its accounts. Each verb returns when its webhooks have been answered."""

    def __init__(self, folder: Path, called: Called, deliveries: Deliveries) -> None:
        self._folder = folder
        self._called = called
        self._deliveries = deliveries
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def requests(self) -> list[ApiCall]:
        """Every call of the API so far."""
        return self._called.calls

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._listening(f"http://127.0.0.1:{self._runner.addresses[0][1]}")
        self._deliveries.start()

    async def close(self) -> None:
        self._called.faults.release()
        await self._deliveries.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def settled(self) -> None:
        """Every webhook has been answered."""
        await self._deliveries.settled()

    def fail_next(self, fault: Fault, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Let the next calls of the API whose path holds `path` meet the fault."""
        return self._called.faults.next(fault, method, path, times)

    def recover(self) -> None:
        """Forget the faults that have been ordered and not met."""
        self._called.faults.forget()

    # --- Git -----------------------------------------------------------------------------------------------------

    async def push(self, repository: R, branch: str, files: Files, message: str, by: A) -> str:
        """A commit on top of the branch, or of the default branch when it is new."""
        before = await repository.git.refs()
        parent = before.get(f"refs/heads/{branch}") or before.get(f"refs/heads/{repository.default_branch}")
        return await self._commit(repository, branch, files, message, by, parent, before)

    async def force_push(self, repository: R, branch: str, files: Files, message: str, by: A) -> str:
        """Replace the branch's head by another commit with the same parent."""
        before = await repository.git.refs()
        parent = await repository.git.commit_of(f"refs/heads/{branch}~1")
        return await self._commit(repository, branch, files, message, by, parent, before)

    async def push_tag(self, repository: R, tag: str, by: A, commit: str = "") -> str:
        """An annotated tag, of the default branch's head where no commit is given; the commit's id comes back."""
        before = await repository.git.refs()
        commit = commit or before[f"refs/heads/{repository.default_branch}"]
        await repository.git.tag(tag, commit, f"Release {tag}")
        await self._pushed(repository, by, before)
        return commit

    async def delete_branch(self, repository: R, branch: str, by: A) -> None:
        before = await repository.git.refs()
        await repository.git.point(f"refs/heads/{branch}", None)
        await self._pushed(repository, by, before)

    async def _commit(
        self,
        repository: R,
        branch: str,
        files: Files,
        message: str,
        by: A,
        parent: str | None,
        before: Mapping[str, str],
    ) -> str:
        sha = await repository.git.commit(branch, files, message, self._login(by), int(time.time()), parent)
        await self._pushed(repository, by, before)
        return sha

    async def _pushed(self, repository: R, by: A, before: Mapping[str, str]) -> None:
        await self._noticed(repository, by, before)
        await self.settled()

    # --- What each host has of its own ---------------------------------------------------------------------------

    @abstractmethod
    def _routes(self) -> Iterable[web.RouteDef]:
        """Its API and its Git."""

    @abstractmethod
    def _listening(self, url: str) -> None:
        """It is reached at the URL from now on."""

    @abstractmethod
    def _login(self, account: A) -> str: ...

    @abstractmethod
    async def _noticed(self, repository: R, by: A, before: Mapping[str, str]) -> None:
        """Tell of what differs from `before`, refs and what they pointed at."""
