"""What of a lane's history must stay however old it is: what could still be retried, rolled back to, or counted on from."""

from collections.abc import Collection, Sequence

from bot.core.artifacts import every_id
from bot.model.execution import Execution
from bot.model.lane import LaneState
from bot.model.pipeline import Pipeline
from bot.model.rollback import ExecutionType


def indispensable(
    state: LaneState, newest: Sequence[Execution], targets: Collection[str], *, over: bool = False
) -> frozenset[str]:
    """The ids of the executions that no retention may remove.

    `newest` are some of the lane's executions, the newest first; `targets` what rollbacks that are still in the history brought
    back, and, unless it is over, what a rollback of each stage would go to (ART-10, RBK-3). Stays: these, what is live, what last
    succeeded in each stage, and the newest, since numbers go on from it and a definition is in force by it.
    `over`: the lane's ref is no more, and nobody can roll back there; then only what is live, and what was brought back, stays.
    """
    if over:
        return frozenset({*state.executions, *targets})
    kept = {*state.executions, *targets}
    kept |= {slot.last_success for slot in state.slots.values() if slot.last_success}
    if newest:
        kept.add(max(newest, key=lambda each: each.number).id)
    standard = next((each for each in newest if each.type is ExecutionType.STANDARD), None)
    return frozenset(kept if standard is None else {*kept, standard.id})


def artifact_ids(execution: Execution, pipeline: Pipeline) -> frozenset[str]:
    """Under which ids there may be artifacts of the execution, of attempts long replaced and of those that ended halfway, too."""
    told = (
        made.id
        for run in execution.stages
        for action in (*run.actions, *run.past)
        for made in action.artifacts.values()
    )
    return frozenset({*told, *every_id(execution, pipeline)})
