"""Execution modes, each a small strategy: who waits at a stage's door, and who may enter (section 11)."""

from collections.abc import Iterator
from typing import Protocol

from bot.core.draft import Draft
from bot.model.execution import Execution, ExecutionStatus
from bot.model.pipeline import Mode
from bot.model.rollback import ExecutionType

CEILING = 50
"""Live executions in a lane in the modes that keep all of them (QUE-4, PAR-1)."""

PARALLEL_ACTIONS = 5
"""Actions of one execution that run at once in parallel mode (PAR-1)."""


class ModeStrategy(Protocol):
    exclusive: bool
    """Whether a stage holds one execution at a time."""

    actions: int | None
    """How many actions of one execution run at once; None: all of a group."""

    def arrive(self, draft: Draft, execution: Execution) -> None:
        """Let the execution wait at the door of its stage; what it displaces, or it itself, may be superseded."""


def supersede(draft: Draft, old: Execution, by: Execution) -> None:
    """A newer execution takes the place of one that waits (SUP-2)."""
    old = draft.change(old, superseded_by=by.id, superseded_by_number=by.number, wait=None)
    draft.set_status(old, ExecutionStatus.SUPERSEDED, f"superseded by execution {by.number}")
    draft.retire(old.id)


def _wait(draft: Draft, execution: Execution, inbound: tuple[str, ...]) -> None:
    draft.change_slot(execution.current.name, inbound=(*inbound, execution.id))


class Superseded:
    """One waits; the newest stays (SUP-1 to SUP-7)."""

    exclusive = True
    actions: int | None = None

    def arrive(self, draft: Draft, execution: Execution) -> None:
        slot = draft.slot(execution.current.name)
        line = [draft.executions[name] for name in slot.inbound]
        waiting = [other for other in line if strategy(draft, other).exclusive and not goes_first(other)]
        newer = next((other for other in waiting if other.number > execution.number), None)
        if newer is not None:  # SUP-4: start order decides, also for a retried one that comes late
            supersede(draft, execution, newer)
            return
        for other in waiting:
            supersede(draft, other, execution)
        # What runs in parallel since before the mode was changed is left alone (VER-6), and what goes first anyway.
        _wait(draft, execution, tuple(name for name in slot.inbound if name in draft.executions))


class Queued:
    """All wait, first in first out (QUE-1 to QUE-3)."""

    exclusive = True
    actions: int | None = None

    def arrive(self, draft: Draft, execution: Execution) -> None:
        _wait(draft, execution, draft.slot(execution.current.name).inbound)


class Parallel:
    """Nobody waits for another (PAR-1); a held transition still holds (C19)."""

    exclusive = False
    actions: int | None = PARALLEL_ACTIONS

    def arrive(self, draft: Draft, execution: Execution) -> None:
        _wait(draft, execution, draft.slot(execution.current.name).inbound)


STRATEGIES: dict[Mode, ModeStrategy] = {
    Mode.SUPERSEDED: Superseded(),
    Mode.QUEUED: Queued(),
    Mode.PARALLEL: Parallel(),
}


def strategy(draft: Draft, execution: Execution) -> ModeStrategy:
    """The one of the definition that the execution runs: after a change of mode a lane has executions of both (VER-6)."""
    return STRATEGIES[draft.pipeline(execution).mode]


def goes_first(execution: Execution) -> bool:
    """A rollback (RBK-7), and whoever goes on in a stage that it was in before: held or not, whoever else waits."""
    return execution.type is ExecutionType.ROLLBACK or execution.resuming is not None


def at_the_front(draft: Draft, stage: str) -> Iterator[Execution]:
    """Those at the stage's door whom the lane lets in now: the first in line when the stage is free (SUP-1), and all that
    run in parallel. A held transition lets nobody in (TRN-3), and a rollback that is to come goes first (RBK-7).
    """
    slot = draft.slot(stage)
    taken = bool(slot.occupant or slot.rolling_back)
    for name in slot.inbound:
        execution = draft.executions[name]
        exclusive = strategy(draft, execution).exclusive
        held = slot.hold is not None and not goes_first(execution)
        if not held and not (exclusive and taken):
            yield execution
        taken |= exclusive
