"""The line before a stage, as everybody leaves it who does not enter. Who stands in it, and where, is the modes' affair."""

from bot.core.draft import Draft
from bot.model.execution import Execution


def step_out(draft: Draft, execution: Execution) -> Execution:
    stage = execution.current.name
    draft.change_slot(stage, inbound=tuple(name for name in draft.slot(stage).inbound if name != execution.id))
    return draft.change(execution, wait=None)
