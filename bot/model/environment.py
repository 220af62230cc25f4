"""An environment: what a stage occupies across lanes, one execution at a time in the whole repository (`environment:`)."""

from dataclasses import dataclass

from bot.model.execution import LaneKey
from bot.model.repository import Repository
from bot.model.waiting import Holder


@dataclass(frozen=True, slots=True)
class EnvironmentKey:
    """All pipelines and refs of a repository that name the same environment mean the same one."""

    repository: Repository
    name: str

    @property
    def id(self) -> str:
        return f"{self.repository.provider}:{self.repository.id}:{self.name}"


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who has asked for it. `ticket` names the place in its line, which the lane may hand on to another of its executions."""

    ticket: str
    lane: LaneKey
    execution: str
    number: int

    @property
    def shown(self) -> Holder:
        return Holder(self.lane.pipeline, self.number, self.lane.ref)


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """The first in `line` holds it, the others wait, first come first. `version` counts what has happened to it."""

    key: EnvironmentKey
    line: tuple[Claimant, ...] = ()
    version: int = 0
