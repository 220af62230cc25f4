"""All that the memory store holds, and how its parts name it. What is done with it is in the files beside this, by what it is about."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.events import Event
from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.deployment import Deployment
from bot.model.environment import EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef, Thread
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.object_deployment import WrittenObjects
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.model.results import ResultsRecord
from bot.ports import (
    DefinitionVersion,
    OutboxEntry,
    Reported,
)


@dataclass(slots=True)
class Record:
    """An execution as it was last written, and its place in the order in which they began."""

    execution: Execution
    live: bool
    place: int


@dataclass(slots=True)
class Lane:
    """A lane's state and the ids of the events that it has taken."""

    state: LaneState
    events: set[str] = field(default_factory=set)


class Tables:
    def __init__(self) -> None:
        self._deliveries: dict[tuple[str, str], tuple[Delivery, DeliveryOutcome, str]] = {}
        self._lanes: dict[str, Lane] = {}
        self._executions: dict[str, Record] = {}
        self._definitions: dict[str, Pipeline] = {}
        self._history: list[tuple[Event, frozenset[str]]] = []
        self._results: dict[tuple[str, str, str, int], tuple[tuple[tuple[str, str], str], ResultsRecord]] = {}
        self._deployments: dict[str, Deployment] = {}
        self._written_objects: dict[str, WrittenObjects] = {}
        self._batches: dict[tuple[str, str, str, int], BatchRun] = {}
        self._annotations: dict[tuple[str, str, str, int], AnnotationsRecord] = {}
        self._caches: dict[tuple[tuple[str, str], str, str, str, str], CacheEntry] = {}
        self._outbox: dict[str, OutboxEntry] = {}
        self._reported: dict[str, Reported] = {}
        self._repositories: dict[tuple[str, str], tuple[Repository, str]] = {}
        self._former_names: dict[tuple[str, str], tuple[str, str]] = {}
        self._gone: set[tuple[str, str]] = set()
        self._comments: dict[tuple[str, str], tuple[CommentRef, str, float]] = {}
        self._seen_refs: dict[tuple[str, str], Mapping[Ref, str]] = {}
        self._intakes: dict[tuple[str, str, str], Intake] = {}
        self._environments: dict[str, EnvironmentState] = {}
        self._versions: dict[tuple[str, str, str], list[DefinitionVersion]] = {}
        self._questions: dict[str, tuple[tuple[str, str], Thread]] = {}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._places = itertools.count(1)


def identity(repository: Repository) -> tuple[str, str]:
    """What identifies a repository: its name may change."""
    return (repository.provider, repository.id)


def is_of(lane: LaneKey, pipeline: tuple[str, str, str]) -> bool:
    return (*identity(lane.repository), lane.pipeline) == pipeline
