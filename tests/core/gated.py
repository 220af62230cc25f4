"""A lane whose execution waits for approval."""

from typing import Any

from bot.core.refusal import RefusalReason
from bot.model.people import Person
from tests.core.lane import ADA, Lane, approve, pipeline, run, stage


def gated(author: Person | None = ADA, **how: Any) -> Lane:
    """A build, then a stage with an approval before its work; the approval waits."""
    lane = Lane(pipeline(stage("build"), stage("prod", approve("go", **how), run("deploy", 2))))
    lane.start(author=author)
    lane.finish("e1")
    return lane


def refusal(lane: Lane) -> RefusalReason | None:
    return lane.last.refusal.reason if lane.last.refusal else None
