"""Which lane a rollback is for, and which execution an override: both name a stage."""

from collections.abc import Sequence
from dataclasses import replace

from bot.commands.addressed import Addressed, Live
from bot.commands.command import Override, Place, Rollback
from bot.commands.places import find_place, meant, unknown_stage
from bot.core.override import holding_back
from bot.core.refusal import Refusal, RefusalReason


def of_a_stage(command: Rollback | Override, live: Sequence[Live]) -> tuple[Addressed, ...] | Refusal:
    """`live` has, for every lane of the thread, what runs and the newest execution. A rollback needs any one of its lane."""
    known = [Place(one.pipeline.name, stage.name) for one in live for stage in one.pipeline.stages]
    place = find_place(command.place, known)
    if place is None:
        if not known:
            return Refusal(
                RefusalReason.NOTHING_RUNS if isinstance(command, Override) else _NOWHERE, {"stage": str(command.place)}
            )
        return unknown_stage(str(command.place), known)
    newest: dict[str, Live] = {}
    for one in sorted(live, key=lambda one: one.execution.number):
        here = [Place(one.pipeline.name, stage.name) for stage in one.pipeline.stages]
        if any(meant(place, each) for each in here) and _concerns(command, place, one):
            newest[one.pipeline.name] = one
    if not newest:
        return Refusal(RefusalReason.NOTHING_TO_OVERRIDE, {"stage": place.stage})
    if len(newest) > 1:
        choices = ", ".join(f"{name}:{place.stage}" for name in newest)
        return Refusal(RefusalReason.SEVERAL_PIPELINES, {"choices": choices})
    [one] = newest.values()
    return (Addressed(replace(command, place=place), one.pipeline.name, one.execution),)


_NOWHERE = RefusalReason.ROLLBACK_NOWHERE


def _concerns(command: Rollback | Override, place: Place, one: Live) -> bool:
    """An override is for an execution that is held back in that very stage; for a rollback any of the lane will do."""
    if isinstance(command, Rollback):
        return True
    return one.execution.current.name == place.stage and holding_back(one.execution) is not None
