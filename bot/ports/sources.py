"""What the runtime asks of Git: commits fetched, files read at a commit, work trees."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.model.repository import Ref, Repository


class CommitUnavailable(Exception):
    """The commit is not to be had from the host any more (force-pushed away, deleted). The text says so to a user."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Regular files by their paths. Not `whole`: there are more, in submodules, or too many to be listed."""

    paths: tuple[str, ...]
    whole: bool


class EntryKind(StrEnum):
    """What lies at a path of a commit."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SUBMODULE = "submodule"


class Sources(Protocol):
    """The commits of repositories: mirrored once, read and checked out from the mirror."""

    async def fetch(self, repository: Repository, commits: Sequence[str], checkout: Checkout) -> None:
        """Have the commits in the mirror; what is there already costs no network. Raises CommitUnavailable, ProviderError."""

    async def files(self, repository: Repository, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of those of `paths` that exist at the commit; a path ending in `/` stands for the files right in it."""

    async def changed_paths(
        self, repository: Repository, before: str, after: str, *, since_fork: bool = False
    ) -> tuple[str, ...]:
        """The paths that differ between two commits (fetched if need be).

        `since_fork`: only those that `after` changed since it left the line of `before`, as hosts show a pull request.
        """

    async def prune(self, keep: Mapping[Repository, Collection[str]], grace: float) -> int:
        """Let go of copies of commits that are not in `keep` and were not wanted in the last `grace` seconds; how many is the answer."""

    async def describe(self, repository: Repository, commit: str) -> tuple[str, str]:
        """The commit's whole message and its author date in ISO 8601."""

    async def check_out(
        self, repository: Repository, commit: str, checkout: Checkout, into: Path, people: Sequence[Person] = ()
    ) -> None:
        """A work tree of the commit at `into` (which does not exist yet), a Git repository of its own unless the format is zip.

        `people` are those in whose name submodules and large files of other repositories are read. Raises CommitUnavailable,
        HostUnavailable.
        """

    async def remove(self, path: Path) -> None:
        """Remove a folder with a work tree in it, whatever an action has made of its permissions. None there is no error."""


class HostedSources(Sources, Protocol):
    """Sources whose repositories are on hosts, which can be asked what refs there are."""

    async def refs(self, repository: Repository) -> Mapping[Ref, str]:
        """The branches and tags that the host has now, each with its commit. Raises ProviderError."""

    async def listing(self, repository: Repository, commit: str, folders: Sequence[str]) -> Listing:
        """The files below those folders of the commit; "" is its root."""

    async def kinds(self, repository: Repository, commit: str, names: Sequence[str]) -> Mapping[str, EntryKind]:
        """What lies right in the commit's root under those names, where anything does. No link is followed."""


# --- Secrets ---------------------------------------------------------------------------------------------------------
