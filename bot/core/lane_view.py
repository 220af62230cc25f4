"""The state view: a lane as CodePipeline's console shows a pipeline, stage by stage (section 19.5). It is looked at; nothing is decided on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.execution import Execution, LaneKey, StageRun
from bot.model.lane import LaneState, StageSlot
from bot.model.pipeline import Mode, Pipeline, Stage
from bot.model.waiting import Hold

Known = Mapping[str, tuple[Execution, Pipeline]]
"""Executions by their ids, each with the pipeline that it runs."""


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage as it stands. `latest` entered it last, and may have left it long ago; None when nobody has, or nobody remembers.

    `inbound` waits at its door, whoever enters first coming first (INB-2, QUE-2); `hold` is why nobody may enter (TRN-2).
    `rolling_back`: it is kept for a rollback that has been ordered (RBK-7).
    """

    stage: Stage
    latest: Execution | None = None
    inbound: tuple[Execution, ...] = ()
    hold: Hold | None = None
    rolling_back: bool = False

    @property
    def run(self) -> StageRun | None:
        """What the latest execution did here."""
        return self.latest.stage_run(self.stage.name) if self.latest else None


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane as it stands. `newest` is its newest execution, `pipeline` what that one runs; `live` are all that go on, newest first."""

    lane: LaneKey
    newest: Execution
    pipeline: Pipeline
    stages: tuple[StageState, ...]
    live: tuple[Execution, ...]

    @property
    def stateless(self) -> bool:
        """PAR-2: in parallel mode executions do not share stages, so stages have no state."""
        return self.pipeline.mode is Mode.PARALLEL


def mentioned(state: LaneState) -> set[str]:
    """The executions that have to be known for a view of the lane."""
    return {name for slot in state.slots.values() for name in (slot.latest, *slot.inbound) if name}


def view(state: LaneState, newest: tuple[Execution, Pipeline], known: Known) -> LaneView:
    execution, pipeline = newest
    live = [each for each in state.executions.values() if not each.status.ended]
    return LaneView(
        lane=state.key,
        newest=execution,
        pipeline=pipeline,
        stages=tuple(
            _stage(stage, state.slots.get(stage.name, StageSlot()), pipeline, known) for stage in pipeline.stages
        ),
        live=tuple(sorted(live, key=lambda each: each.number, reverse=True)),
    )


def _stage(stage: Stage, slot: StageSlot, pipeline: Pipeline, known: Known) -> StageState:
    parallel = pipeline.mode is Mode.PARALLEL
    inbound = tuple(known[name][0] for name in slot.inbound if name in known)
    # A held transition holds in parallel mode as well (C19): who waits there is shown.
    return StageState(
        stage,
        None if parallel else _latest(stage, slot, known),
        inbound,
        slot.hold,
        rolling_back=bool(slot.rolling_back),
    )


def _latest(stage: Stage, slot: StageSlot, known: Known) -> Execution | None:
    """VER-6: what went through in parallel mode has left no state behind."""
    found = known.get(slot.latest)
    if found is None or found[1].mode is Mode.PARALLEL or stage.name not in (run.name for run in found[0].stages):
        return None
    return found[0]
