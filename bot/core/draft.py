"""The working copy of one decision: the only thing in the core that changes, and only while `decide` runs.

It keeps every change to a lifecycle's rules, notices what was touched, and hands out the result. It decides nothing.

What a decision has made itself is its own to change until it is handed out: each noun is copied once, when it is first
changed, and then changed in place. The nouns stay frozen for everybody else. (Copying at every change made a decision
twenty times as slow.) So these four nouns have no slots, and must have no cached properties: a dict is copied at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.core.effects import Effect, Report
from bot.core.lifecycle import ACTION, EXECUTION, STAGE, step
from bot.core.refusal import Refusal
from bot.model.execution import ActionRun, ActionStatus, Execution, ExecutionStatus, LaneKey, StageRun, StageStatus
from bot.model.lane import LaneState, StageSlot
from bot.model.pipeline import Pipeline, Stage

T = TypeVar("T", Execution, StageRun, ActionRun, StageSlot)

PAST_KEPT = 100
"""Attempts that a stage's run remembers: whoever retries without end must not make every decision slower."""

Doors = Mapping[str, StageSlot]

_EMPTY = StageSlot()
_FRESH = ActionRun("")
_set = object.__setattr__


def copy_of(thing: T, changes: dict[str, Any]) -> T:
    """Another one with these changes: a fifth of what the constructor of a frozen dataclass takes."""
    copy = object.__new__(type(thing))
    _set(copy, "__dict__", thing.__dict__ | changes)
    return copy


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an event. `retired` left the live state with it, as they ended. `refusal`: the event was declined."""

    state: LaneState
    effects: tuple[Effect, ...] = ()
    retired: tuple[Execution, ...] = ()
    refusal: Refusal | None = None


class Draft:
    """One decision in the making, at the time of its event."""

    __slots__ = (
        "_before",
        "_changed_slots",
        "_definitions",
        "_executions",
        "_own",
        "_retired",
        "_slots",
        "_touched",
        "at",
        "effects",
    )

    def __init__(self, state: LaneState, at: float) -> None:
        self._before = state
        self._executions: dict[str, Execution] = dict(state.executions)
        self._slots: dict[str, StageSlot] = dict(state.slots)
        self._definitions: Mapping[str, Pipeline] = state.definitions
        self._retired: dict[str, Execution] = {}
        self._touched: dict[str, Execution] = {}
        self._changed_slots: dict[str, StageSlot] = {}
        self._own: dict[int, object] = {}
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

    @property
    def retired(self) -> Mapping[str, Execution]:
        return self._retired

    @property
    def slots(self) -> Mapping[str, StageSlot]:
        return self._slots

    def slot(self, stage: str) -> StageSlot:
        return self._slots.get(stage, _EMPTY)

    def pipeline(self, execution: Execution) -> Pipeline:
        return self._definitions[execution.definition]

    def stage(self, execution: Execution) -> Stage:
        """The definition of the stage that the execution is in or waits for."""
        return self._definitions[execution.definition].stages[execution.stage]

    def changed(self) -> list[Execution]:
        """The live executions that this decision has changed, as they are now."""
        return [execution for execution in self._touched.values() if execution.id in self._executions]

    def touched(self) -> Iterator[tuple[Execution | None, Execution]]:
        """Every execution that this decision has changed, ended ones too: as it was (None: it is new), and as it is."""
        for name, execution in self._touched.items():
            yield self._before.executions.get(name), execution

    def doors(self) -> Doors:
        """The lines, by their stages, in which this decision may have moved anybody: any other stands as it stood before."""
        slots = dict(self._changed_slots)
        for execution in self._touched.values():
            if execution.waiting:
                stage = execution.current.name
                slots[stage] = self.slot(stage)
        return {stage: slot for stage, slot in slots.items() if slot.inbound}

    # --- writing: each returns the execution as it is now ---

    def define(self, pipeline: Pipeline) -> None:
        if pipeline.digest not in self._definitions:
            self._definitions = {**self._definitions, pipeline.digest: pipeline}

    def change(self, execution: Execution, **changes: Any) -> Execution:
        """Set fields of an execution; with none, only note that what is told of it may differ."""
        mine = self._mine(execution, changes)
        if mine is not execution:  # for the first time
            mine.__dict__["updated_at"] = self.at
            self._executions[mine.id] = self._touched[mine.id] = mine
        return mine

    def change_stage(self, execution: Execution, **changes: Any) -> Execution:
        """Set fields of the run of the stage that the execution is in."""
        own = self._own
        mine = execution if id(execution) in own else self.change(execution)
        stages, index = mine.stages, mine.stage
        run = stages[index]
        if id(run) in own:
            run.__dict__.update(changes)
        else:
            mine.__dict__["stages"] = (*stages[:index], self._mine(run, changes), *stages[index + 1 :])
        return mine

    def change_action(self, execution: Execution, action: str, **changes: Any) -> Execution:
        """Set fields of one action's run in the current stage."""
        old = execution.current.action(action)
        return self._put_run(execution, old, self._mine(old, changes))

    def begin_action(self, execution: Execution, action: str, **begins: Any) -> Execution:
        """A new attempt of an action in the current stage: it has nothing of the one before it (RET-1) but these fields."""
        old = execution.current.action(action)
        status = step(ACTION, old.status, ActionStatus.IN_PROGRESS)
        if old.status is not ActionStatus.NOT_STARTED:
            execution = self.keep_attempt(execution, old)
        begins |= {"name": action, "status": status, "attempt": old.attempt + 1}
        return self._put_run(execution, old, self._mine(_FRESH, begins))

    def keep_attempt(self, execution: Execution, run: ActionRun) -> Execution:
        """Put an attempt at an action that is about to be replaced aside, as it ended (RET-1)."""
        kept = (*execution.current.past, run)
        return self.change_stage(execution, past=kept[-PAST_KEPT:])

    def change_slot(self, stage: str, **changes: Any) -> None:
        self._slots[stage] = self._changed_slots[stage] = self._mine(self._slots.get(stage, _EMPTY), changes)

    def set_status(self, execution: Execution, status: ExecutionStatus, summary: str = "") -> Execution:
        return self.change(
            execution,
            status=step(EXECUTION, execution.status, status),
            ended_at=self.at if status.ended else None,
            summary=summary or execution.summary,
        )

    def set_stage_status(self, execution: Execution, status: StageStatus, **changes: Any) -> Execution:
        status = step(STAGE, execution.current.status, status)
        return self.change_stage(execution, status=status, ended_at=self.at if status.ended else None, **changes)

    def set_action_status(self, execution: Execution, action: str, status: ActionStatus, **changes: Any) -> Execution:
        old = execution.current.action(action)
        changes["status"] = step(ACTION, old.status, status)
        return self._put_run(execution, old, self._mine(old, changes))

    def retire(self, execution: str) -> None:
        """Take an ended execution out of the live state."""
        ended = self._executions.pop(execution, None)
        if ended is not None:
            self._retired[execution] = ended

    def order(self, effect: Effect) -> None:
        self.effects.append(effect)

    def _put_run(self, execution: Execution, old: ActionRun, run: ActionRun) -> Execution:
        if run is old:  # this decision's own, as the execution that has it
            return execution
        actions = tuple([run if each is old else each for each in execution.current.actions])
        return self.change_stage(execution, actions=actions)

    def _mine(self, thing: T, changes: dict[str, Any]) -> T:
        """The thing with these changes: a copy of it, unless it is this decision's own already."""
        if id(thing) in self._own:
            thing.__dict__.update(changes)
            return thing
        mine = copy_of(thing, changes)
        self._own[id(mine)] = mine
        return mine

    # --- the result ---

    def decision(self) -> Decision:
        """Hand it out. Every execution that was touched is reported, once; definitions nobody runs any more are dropped."""
        reports = [Report(execution) for execution in self._touched]
        definitions = self._definitions
        if self._retired or definitions is not self._before.definitions:
            used = {execution.definition for execution in self._executions.values()}
            definitions = {digest: p for digest, p in definitions.items() if digest in used}
        state = LaneState(self._before.key, self._executions, self._slots, definitions)
        return Decision(state, (*self.effects, *reports), tuple(self._retired.values()))
