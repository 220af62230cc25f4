"""Orders that make other executions: a rollback, what follows, what a schedule or a changed source starts."""

from dataclasses import dataclass
from typing import Literal

from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.triggers import ScheduleTrigger


@dataclass(frozen=True, slots=True)
class StartRollback:
    """Find what the stage is to be brought back to after this execution has failed in it, and tell the lane (RBK-5).

    What is found comes back as `RollbackRequested`, with no target when there is none. `attempt` is the stage's.
    """

    execution: str
    stage: str
    attempt: int
    kind: Literal["start_rollback"] = "start_rollback"

    @property
    def key(self) -> str:
        return f"rollback:{self.execution}/{self.stage}/{self.attempt}"


@dataclass(frozen=True, slots=True)
class StartFollowers:
    """Start the pipelines that follow this execution, which has succeeded: those of the same commit whose triggers name it."""

    execution: str
    kind: Literal["start_followers"] = "start_followers"

    @property
    def key(self) -> str:
        return f"followers:{self.execution}"


@dataclass(frozen=True, slots=True)
class StartScheduled:
    """Start the pipeline at that time on the default branch, if its newest commit still has the schedule; then wait for the next time."""

    repository: Repository
    pipeline: str
    schedule: ScheduleTrigger
    at: float
    kind: Literal["start_scheduled"] = "start_scheduled"

    @property
    def key(self) -> str:
        where = f"{self.repository.provider}:{self.repository.id}:{self.pipeline}"
        return f"schedule:{where}:{self.schedule.cron}:{self.schedule.timezone}"


@dataclass(frozen=True, slots=True)
class WatchSource:
    """Look at a further source at that time, start its pipeline if it has changed, then look again later (section 7.4).

    `seen` is the revision that was there last, "" before the first look, and `changes` counts those since `since`, when the
    home branch `branch` began to ask for it. `off_since`: polling is switched off. `problem` says why the last look failed.
    """

    repository: Repository
    branch: str
    pipeline: str
    action: str
    source: Source
    at: float
    since: float = 0.0
    seen: str = ""
    changes: int = 0
    off_since: float | None = None
    problem: str = ""
    kind: Literal["watch_source"] = "watch_source"

    @property
    def key(self) -> str:
        return f"source:{self.repository.provider}:{self.repository.id}:{self.pipeline}:{self.action}"
