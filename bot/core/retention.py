"""What of a lane's history must stay however old it is: what could still be retried, rolled back to, or counted on from."""

from collections.abc import Collection, Iterator, Sequence

from bot.core.artifacts import every_id
from bot.core.rollback import default_target, succeeded
from bot.model.execution import Execution
from bot.model.lane import LaneState
from bot.model.pipeline import Pipeline
from bot.model.rollback import ExecutionType


def indispensable(
    state: LaneState, newest: Sequence[Execution], targets: Collection[str], *, over: bool = False
) -> frozenset[str]:
    """The ids of the executions that no retention may remove.

    `newest` are the lane's executions, newest first, as far as a rollback looks for its target; `targets` those that rollbacks
    still in the history brought back. Stays: what is live; what last succeeded in each stage, and what a rollback of the
    stage would go to (ART-10, RBK-3); the newest, since numbers go on from it and a definition is in force by it.
    `over`: the lane's ref is no more, and nobody can roll back there; then only what is live, and what was brought back, stays.
    """
    if over:
        return frozenset({*state.executions, *targets})
    standard = [each for each in newest if each.type is ExecutionType.STANDARD]
    kept = {*state.executions, *targets}
    kept |= {slot.last_success for slot in state.slots.values() if slot.last_success}
    if newest:
        kept.add(max(newest, key=lambda each: each.number).id)
    if standard:
        kept.add(standard[0].id)
        for stage in {*state.slots, *(run.name for run in standard[0].stages)}:
            kept.update(each.id for each in _targets(state, newest, standard, stage))
    return frozenset(kept)


def artifact_ids(execution: Execution, pipeline: Pipeline) -> frozenset[str]:
    """Under which ids there may be artifacts of the execution, of attempts long replaced and of those that ended halfway, too."""
    told = (
        made.id
        for run in execution.stages
        for action in (*run.actions, *run.past)
        for made in action.artifacts.values()
    )
    return frozenset({*told, *every_id(execution, pipeline)})


def _targets(
    state: LaneState, newest: Sequence[Execution], standard: Sequence[Execution], stage: str
) -> Iterator[Execution]:
    eligible = [each for each in standard if each.definition == standard[0].definition and succeeded(each, stage)]
    slot = state.slots.get(stage)
    latest = next((each for each in newest if slot is not None and each.id == slot.latest), None)
    # The latest success, for a rollback after a failure; and the one before what is there now, for one by hand.
    for found in (next(iter(eligible), None), default_target(latest, eligible, stage)):
        if found is not None:
            yield found
