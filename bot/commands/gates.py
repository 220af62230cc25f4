"""Which lanes a `/hold` or a `/release` is for. They are about a stage's door and not about an execution, so none need be there."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.command import Hold, Place, Release
from bot.commands.places import find_place, meant, unknown_stage
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import LaneKey
from bot.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Door:
    """A stage's door in one lane."""

    lane: LaneKey
    stage: str


def doors(command: Hold | Release, lanes: Sequence[tuple[LaneKey, Pipeline]]) -> tuple[Door, ...] | Refusal:
    """`lanes` are those of the thread, each with the definition that it ran last. One pipeline may have several of them (a commit
    that was pushed to a branch and tagged, say): the command is for all.
    """
    if not lanes:
        return Refusal(RefusalReason.NO_LANE)
    known = [(lane, Place(pipeline.name, stage.name)) for lane, pipeline in lanes for stage in pipeline.stages]
    place = find_place(command.place, [candidate for _, candidate in known])
    if place is None:
        return unknown_stage(str(command.place), [candidate for _, candidate in known])
    fitting = [(lane, candidate) for lane, candidate in known if meant(place, candidate)]
    choices = dict.fromkeys(str(candidate) for _, candidate in fitting)
    if len(choices) > 1:
        return Refusal(RefusalReason.SEVERAL_PIPELINES, {"choices": ", ".join(choices)})
    return tuple(Door(lane, candidate.stage) for lane, candidate in fitting)
