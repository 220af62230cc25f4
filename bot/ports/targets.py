"""What the runtime asks of deployment targets: which a repository may deploy to, and one event after another on each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from bot.model.appspec import LifecycleEvent
from bot.model.deployment import EventRun
from bot.model.repository import Repository


class TargetsRefused(Exception):
    """No such targets, or none that this repository may deploy to. The text says what to do."""


class TargetLost(Exception):
    """A target can't be reached, is not whom it should be, or has gone in the middle. The text says so to a user (HLT-8)."""


@dataclass(frozen=True, slots=True)
class Target:
    """`near`: it is this machine, and takes a bundle from where it is; others are sent what their digests say they lack."""

    name: str
    zone: str = ""
    near: bool = False


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A file (`f`), folder (`d`) or link (`l`) of a bundle. `modified` in nanoseconds; `detail` is a file's digest, or where a link leads."""

    path: str
    kind: str
    mode: int
    modified: int
    size: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BundleFolder:
    """A bundle unpacked on this machine, and all that is in it, each folder before what it holds."""

    root: Path
    entries: Sequence[BundleEntry]


Whose = Literal["", "last", "recent"]
"""Whose scripts: those of the revision that was installed last, or came last (REV-3); "": as in a deployment (REV-1, REV-2)."""


class TargetSession(Protocol):
    """One target, for one deployment. All but `close` raise TargetLost; whatever else goes wrong there is told in the run."""

    async def download(self, bundle: BundleFolder, spec: Mapping[str, Any]) -> EventRun:
        """The bundle becomes the target's newest revision, and is checked against what the target has (A1)."""

    async def reuse(self, earlier: str, spec: Mapping[str, Any]) -> EventRun:
        """In place of `download`: the release that the deployment `earlier` has left here. SKIPPED where it is here no more, or not whole."""

    async def install(self) -> EventRun: ...

    async def hooks(self, event: LifecycleEvent, env: Mapping[str, str], whose: Whose = "") -> EventRun:
        """The event's scripts, of whichever revision they are to be (section 6). SKIPPED where there are none."""

    async def close(self) -> None:
        """Whatever still runs there for this session is killed."""


class Targets(Protocol):
    """The operator's inventory."""

    def choose(
        self, repository: Repository, names: Sequence[str], tags: Mapping[str, Sequence[str]]
    ) -> tuple[Target, ...]:
        """Those named, or those that have one of the values of every tag. Raises TargetsRefused."""

    async def reach(self, target: str, group: str, deployment: str, tell: Callable[[str], None]) -> TargetSession:
        """Raises TargetLost. `tell` takes each line that scripts print there."""
