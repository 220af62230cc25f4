"""A lane's live state: what `bot.core.decide` reads and returns. Only what still runs, or can still be retried, is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Pipeline
from bot.model.waiting import Hold


@dataclass(frozen=True)  # no slots: see `bot.core.draft`
class StageSlot:
    """A stage as the lane sees it.

    `occupant` holds the stage (SUP-1); `inbound` waits before it, first in first (INB-2, QUE-2); `latest` entered it last
    (SUP-6); `last_success` last succeeded in it, with the digest of the definition it ran (RBK-3). `rolling_back` failed in it:
    the stage is kept for the rollback that has been ordered (RBK-7).
    """

    occupant: str = ""
    inbound: tuple[str, ...] = ()
    latest: str = ""
    last_success: str = ""
    last_success_definition: str = ""
    hold: Hold | None = None
    rolling_back: str = ""


@dataclass(frozen=True, slots=True)
class LaneState:
    """Everything needed to decide for one lane. `definitions` holds, by digest, the pipelines that `executions` run."""

    key: LaneKey
    executions: Mapping[str, Execution] = field(default_factory=dict)
    slots: Mapping[str, StageSlot] = field(default_factory=dict)
    definitions: Mapping[str, Pipeline] = field(default_factory=dict)
