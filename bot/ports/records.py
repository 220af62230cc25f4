"""What is handed to the store and comes back from it: commits, outbox entries, pages of history."""

from dataclasses import dataclass

from bot.core.effects import Effect
from bot.core.events import Event
from bot.model.delivery import DeliveryOutcome
from bot.model.environment import EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.lane import LaneState
from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Commit:
    """What one decision changes, written in one transaction.

    Executions in `after` that are not the same object as in `before` are written as live. `retired` are those that left the
    live state with this decision, as they ended: written a last time, not live. `settles` are keys of outbox entries done with it.
    """

    lane: LaneKey
    event: Event
    before: LaneState
    after: LaneState
    effects: tuple[Effect, ...]
    settles: tuple[str, ...] = ()
    retired: tuple[Execution, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentCommit:
    """What one claim or departure changes of an environment, with the answers that follow, written in one transaction."""

    before: EnvironmentState
    after: EnvironmentState
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A pipeline's content on its home branch: the how manieth, its digest, and the delivery that brought it."""

    number: int
    digest: str
    cause: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery (by its key), with the reason in words where it was not simply done."""

    key: str
    outcome: DeliveryOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An effect to perform. `due` is not before when; `attempts` failed so far; `stamp` changes whenever the effect is ordered anew."""

    key: str
    effect: Effect
    lane: str
    due: float
    attempts: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Reported:
    """What a host was last told under a key (a status context, a comment): its digest, and the host's id for it."""

    digest: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One recorded event of an execution."""

    sequence: int
    event: Event


SHORTEST_ID = 8
"""Characters of an execution's id by which it may be called."""


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Which executions to list; empty fields do not filter.

    `repository` is a full name as last heard, which several hosts may have; `provider`, beside it, says of which host.
    `repository_id`, with `provider` and in place of the name, is the host's own id: it survives a renaming.
    `succeeded_in` is a stage, of the pipeline that is named beside it.
    """

    repository: str = ""
    pipeline: str = ""
    ref: str = ""
    commit: str = ""
    live: bool = False
    provider: str = ""
    repository_id: str = ""
    succeeded_in: str = ""

    @classmethod
    def of_lane(cls, lane: LaneKey) -> "ExecutionFilter":
        """All executions of one lane."""
        repository = lane.repository
        return cls("", lane.pipeline, str(lane.ref), provider=repository.provider, repository_id=repository.id)

    @classmethod
    def of_commit(cls, repository: Repository, commit: str) -> "ExecutionFilter":
        """All executions of one commit."""
        return cls(commit=commit, provider=repository.provider, repository_id=repository.id)
