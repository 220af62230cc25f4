"""A commit status, as Penstock asks a host to show it. Each provider maps the state and shortens to its host's limits."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.repository import Ref, Repository


class StatusState(StrEnum):
    """QUEUED waits its turn, WAITING for a person, STOPPED covers stopped, superseded and cancelled (section 21)."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    INVALID = "invalid"

    @property
    def final(self) -> bool:
        return self in (StatusState.SUCCEEDED, StatusState.FAILED, StatusState.STOPPED, StatusState.INVALID)


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One context on one commit. `url` is the page it links to. `ref` is what was pushed, for hosts whose statuses belong to a
    ref as well (None: not known). `branch` is the one that the commit was built for, a pull request's source branch ("": none).
    """

    repository: Repository
    commit: str
    context: str
    state: StatusState
    description: str
    url: str
    ref: Ref | None = None
    branch: str = ""
