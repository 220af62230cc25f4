"""The working copy of one decision: the only thing in the core that changes, and only while `decide` runs.

It keeps every change to a lifecycle's rules, notices what was touched, and hands out the frozen result. It decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.effects import Effect, Report
from bot.core.lifecycle import ACTION, EXECUTION, STAGE, step
from bot.core.refusal import Refusal
from bot.model.execution import ActionRun, ActionStatus, Execution, ExecutionStatus, LaneKey, StageRun, StageStatus
from bot.model.lane import LaneState, StageSlot
from bot.model.pipeline import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an event. `retired` left the live state with it, as they ended. `refusal`: the event was declined."""

    state: LaneState
    effects: tuple[Effect, ...] = ()
    retired: tuple[Execution, ...] = ()
    refusal: Refusal | None = None


_EMPTY = StageSlot()


class Draft:
    """One decision in the making, at the time of its event."""

    __slots__ = ("_before", "_definitions", "_executions", "_retired", "_slots", "at", "effects")

    def __init__(self, state: LaneState, at: float) -> None:
        self._before = state
        self._executions: dict[str, Execution] = dict(state.executions)
        self._slots: dict[str, StageSlot] = dict(state.slots)
        self._definitions: Mapping[str, Pipeline] = state.definitions
        self._retired: dict[str, Execution] = {}
        self.at = at
        self.effects: list[Effect] = []

    # --- reading ---

    @property
    def lane(self) -> LaneKey:
        return self._before.key

    @property
    def executions(self) -> Mapping[str, Execution]:
        return self._executions

    def get(self, execution: str) -> Execution | None:
        return self._executions.get(execution)

    def slot(self, stage: str) -> StageSlot:
        return self._slots.get(stage, _EMPTY)

    def pipeline(self, execution: Execution) -> Pipeline:
        return self._definitions[execution.definition]

    def stage(self, execution: Execution) -> Stage:
        """The definition of the stage that the execution is in or waits for."""
        return self.pipeline(execution).stages[execution.stage]

    # --- writing ---

    def define(self, pipeline: Pipeline) -> None:
        if pipeline.digest not in self._definitions:
            self._definitions = {**self._definitions, pipeline.digest: pipeline}

    def put(self, execution: Execution) -> Execution:
        execution = replace(execution, updated_at=self.at)
        self._executions[execution.id] = execution
        return execution

    def set_slot(self, stage: str, slot: StageSlot) -> None:
        self._slots[stage] = slot

    def set_status(self, execution: Execution, status: ExecutionStatus, summary: str = "") -> Execution:
        ended_at = self.at if status.ended else None
        status = step(EXECUTION, execution.status, status)
        return self.put(replace(execution, status=status, ended_at=ended_at, summary=summary or execution.summary))

    def set_stage(self, execution: Execution, run: StageRun) -> Execution:
        """Replace the run of the stage that the execution is in."""
        index = execution.stage
        stages = (*execution.stages[:index], run, *execution.stages[index + 1 :])
        return self.put(replace(execution, stages=stages))

    def set_stage_status(self, execution: Execution, status: StageStatus) -> Execution:
        run = execution.current
        ended = status not in (StageStatus.IN_PROGRESS, StageStatus.STOPPING)
        changed = replace(run, status=step(STAGE, run.status, status), ended_at=self.at if ended else None)
        return self.set_stage(execution, changed)

    def set_action(self, execution: Execution, run: ActionRun, status: ActionStatus | None = None) -> Execution:
        """Replace one action's run in the current stage, taking it to `status` when one is given."""
        if status is not None:
            run = replace(run, status=step(ACTION, run.status, status))
        stage = execution.current
        actions = tuple(run if action.name == run.name else action for action in stage.actions)
        return self.set_stage(execution, replace(stage, actions=actions))

    def retire(self, execution: str) -> None:
        """Take an ended execution out of the live state."""
        ended = self._executions.pop(execution, None)
        if ended is not None:
            self._retired[execution] = ended

    def order(self, effect: Effect) -> None:
        self.effects.append(effect)

    # --- the result ---

    def decision(self) -> Decision:
        """Freeze. Every execution that this decision touched is reported, once; definitions nobody runs any more are dropped."""
        before = self._before.executions
        touched = [e for e in (*self._executions.values(), *self._retired.values()) if before.get(e.id) is not e]
        reports = tuple(Report(execution.id) for execution in touched)
        definitions = self._definitions
        if self._retired or definitions is not self._before.definitions:
            used = {execution.definition for execution in self._executions.values()}
            definitions = {digest: p for digest, p in definitions.items() if digest in used}
        state = LaneState(self._before.key, self._executions, self._slots, definitions)
        return Decision(state, (*self.effects, *reports), tuple(self._retired.values()))
