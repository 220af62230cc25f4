"""What begins executions in a lane, or ends what the lane is of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.model.execution import Trigger
from bot.model.host_event import CommentRef
from bot.model.pipeline import Pipeline
from bot.model.revision import Revision


@dataclass(frozen=True, slots=True)
class StartRequested:
    """A trigger, a person or another pipeline asks for a new execution. `execution` and `number` are its new names.

    `may_have_secrets`, `may_keep_cache`, `outside`: as an `Execution` has them. `followers`: the pipelines that its success
    starts. `source_revisions`: what it asks of further sources, by their actions' names (RUN-4).
    """

    id: str
    at: float
    execution: str
    number: int
    pipeline: Pipeline
    revision: Revision
    trigger: Trigger
    variables: Mapping[str, str] = field(default_factory=dict)
    comment: CommentRef | None = None
    may_have_secrets: bool = False
    may_keep_cache: bool = False
    outside: bool = False
    followers: tuple[str, ...] = ()
    version: int = 0
    source_revisions: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["start_requested"] = "start_requested"


@dataclass(frozen=True, slots=True)
class DefinitionChanged:
    """The home branch has another definition of the pipeline now: its version `version`."""

    id: str
    at: float
    pipeline: Pipeline
    version: int
    kind: Literal["definition_changed"] = "definition_changed"


@dataclass(frozen=True, slots=True)
class RefEnded:
    """The lane's branch or tag was deleted, or its pull request closed, so long ago that nobody comes back to it."""

    id: str
    at: float
    kind: Literal["ref_ended"] = "ref_ended"
