"""What an execution of a pipeline begins with: a run of each stage and action, not started. The same for a start and a rollback."""

from bot.core.draft import copy_of
from bot.model.execution import ActionRun, StageRun
from bot.model.pipeline import Pipeline

_STAGE = StageRun("", ())
_ACTION = ActionRun("")


def fresh_stages(pipeline: Pipeline) -> tuple[StageRun, ...]:
    return tuple(
        copy_of(
            _STAGE, {"name": stage.name, "actions": tuple(copy_of(_ACTION, {"name": a.name}) for a in stage.actions)}
        )
        for stage in pipeline.stages
    )
