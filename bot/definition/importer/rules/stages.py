"""Stages, and where source actions stand (STR-1 to STR-8)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Mark, quoted
from bot.definition.importer.pieces import Piece
from bot.definition.importer.rules.parts import kind_of, told


def _is_source(action: Piece) -> bool:
    return kind_of(action)[0] == "Source"


def check(body: Map, mark: Mark, stages: list[Piece]) -> Iterator[Finding]:
    """STR-1 to STR-8: the source stage is part of what was written, and vanishes on the way."""
    at = body.marks["stages"][1] if "stages" in body else mark
    if "stages" in body and len(stages) < 2:  # noqa: PLR2004  STR-1
        reason = f"The pipeline has {len(stages)} stage{'' if len(stages) == 1 else 's'}, and needs at least 2 stages."
        yield told(at, reason, "Begin with a stage of source actions, and add one that does something.")
    names: set[str] = set()
    for index, stage in enumerate(stages):
        yield from _sources(index, stage)
        name = stage.text("name")
        if name and name in names:
            yield told(stage.mark("name"), f"Stage name {quoted(name)} is used twice.", "Give each its own name.")
        names.add(name)
    outputs: set[str] = set()
    for stage in stages:
        for action in stage.pieces("actions"):
            for place, name in action.names("outputArtifacts"):
                if name in outputs:
                    reason = f"The artifact {quoted(name)} is produced by another action already."
                    yield told(place, reason, "Give each artifact its own name in the pipeline.")
                outputs.add(name)


def _sources(index: int, stage: Piece) -> Iterator[Finding]:
    actions = stage.pieces("actions")
    names: set[str] = set()
    for action in actions:
        if index == 0 and not _is_source(action):
            reason = "The first stage contains only source actions."
            yield told(action.start, reason, "Move the action to a later stage.")
        if index > 0 and _is_source(action):
            yield told(action.start, "A source action stands only in the first stage.", "Move it to the first stage.")
        name = action.text("name")
        if index == 0 and name in names:
            yield told(action.mark("name"), f"Action name {quoted(name)} is used twice.", "Give each its own name.")
        names.add(name)
