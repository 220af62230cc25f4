"""Execution modes, each a small strategy: who waits at a stage's door, and who may enter (section 11)."""

from typing import Protocol

from bot.core.draft import Draft
from bot.model.execution import Execution, ExecutionStatus
from bot.model.lane import StageSlot
from bot.model.pipeline import Mode

CEILING = 50
"""Live executions in a lane in the modes that keep all of them (QUE-4, PAR-1)."""


class ModeStrategy(Protocol):
    exclusive: bool
    """Whether a stage holds one execution at a time."""

    def arrive(self, draft: Draft, execution: Execution) -> None:
        """Let the execution wait at the door of its stage; what it displaces, or it itself, may be superseded."""


def supersede(draft: Draft, old: Execution, by: Execution) -> None:
    """A newer execution takes the place of one that waits (SUP-2)."""
    old = draft.change(old, superseded_by=by.id, superseded_by_number=by.number)
    draft.set_status(old, ExecutionStatus.SUPERSEDED, f"superseded by execution {by.number}")
    draft.retire(old.id)


def _wait(draft: Draft, execution: Execution, inbound: tuple[str, ...]) -> None:
    draft.change_slot(execution.current.name, inbound=(*inbound, execution.id))


class Superseded:
    """One waits; the newest stays (SUP-1 to SUP-7)."""

    exclusive = True

    def arrive(self, draft: Draft, execution: Execution) -> None:
        slot = draft.slot(execution.current.name)
        waiting = [draft.executions[name] for name in slot.inbound]
        newer = next((other for other in waiting if other.number > execution.number), None)
        if newer is not None:  # SUP-4: start order decides, also for a retried one that comes late
            supersede(draft, execution, newer)
            return
        for other in waiting:
            supersede(draft, other, execution)
        _wait(draft, execution, ())


class Queued:
    """All wait, first in first out (QUE-1 to QUE-3)."""

    exclusive = True

    def arrive(self, draft: Draft, execution: Execution) -> None:
        _wait(draft, execution, draft.slot(execution.current.name).inbound)


class Parallel:
    """Nobody waits for another (PAR-1); a held transition still holds (C19)."""

    exclusive = False

    def arrive(self, draft: Draft, execution: Execution) -> None:
        _wait(draft, execution, draft.slot(execution.current.name).inbound)


STRATEGIES: dict[Mode, ModeStrategy] = {
    Mode.SUPERSEDED: Superseded(),
    Mode.QUEUED: Queued(),
    Mode.PARALLEL: Parallel(),
}


def may_enter(slot: StageSlot, strategy: ModeStrategy) -> bool:
    """TRN-3: a held transition lets nobody in. SUP-1: one at a time. RBK-7: a rollback that is to come goes first."""
    return slot.hold is None and not (strategy.exclusive and (slot.occupant or slot.rolling_back))
