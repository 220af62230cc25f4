"""What the runtime asks of Git where the bot itself changes a repository: a branch read, a commit on top of it, and a push."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.ports.provider import GitRemote, HostRefused


class BranchMoved(Exception):
    """Somebody else has pushed to the branch since it was read: read it again."""


class PushRefused(HostRefused):
    """The host lets the bot push, but not this to that branch: it is protected, or a rule is broken, which the text names."""


class NotSigned(HostRefused):
    """The commit can't be signed with its author's key, for a reason that the operator can mend."""


@dataclass(frozen=True, slots=True)
class BranchCommit:
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Author:
    """`signing_key` is the file of a private SSH key without a passphrase, with which commits are signed."""

    name: str
    email: str
    signing_key: Path | None = None


@dataclass(frozen=True, slots=True)
class NewCommit:
    """One on top of `parent`, with these files as they are here. `executable` are those that can be run; others stay what they were. `at` in
    seconds since 1970.
    """

    parent: str
    files: Mapping[str, bytes]
    executable: Collection[str]
    message: str
    author: Author
    at: float


class OpenBranch(Protocol):
    """Branches of one repository as they were when they were opened."""

    async def newest(self, branch: str) -> Sequence[BranchCommit]:
        """The newest commits of a branch, newest first; none where there is no such branch."""

    async def read(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Those of the files that are there. Raises HostUnavailable."""

    async def commit(self, new: NewCommit) -> str:
        """Its id, "" where it would change nothing. Raises NotSigned."""

    async def push(self, commit: str, branch: str, before: str) -> None:
        """Set the branch, wherever it leads, if it still is at `before`; "" for one that is not there yet.

        Raises BranchMoved, PushRefused, HostRefused, HostUnavailable.
        """

    async def remove(self, branch: str, before: str) -> None:
        """Remove the branch, if it still is at `before`. Raises as `push` does."""

    async def try_push(self) -> None:
        """Whether the host takes pushes from the bot at all: all is done but the push. What it lets be done to a branch it tells by none but a
        real one. Raises as `push` does.
        """


class Branches(Protocol):
    def open(self, remote: GitRemote, branches: Sequence[str]) -> AbstractAsyncContextManager[OpenBranch]:
        """Raises HostRefused, HostUnavailable. Branches that are not there are no error."""
