"""Artifacts between actions: what has been made in an execution so far, and what an action is given of it (section 5)."""

import hashlib
from collections.abc import Iterator, Mapping

from bot.core.effects import job_id
from bot.core.variables import Unresolved
from bot.model.artifact import Artifact
from bot.model.execution import Execution
from bot.model.pipeline import Action, Pipeline

SOURCE = "source"
"""The pushed commit, which every action can name as an input and none can make."""


def inputs_of(action: Action, execution: Execution) -> Mapping[str, Artifact]:
    """The artifacts that the action names, as the execution has them now (ART-4, ART-8); `source` is not among them.

    Raises Unresolved for one that was not made: its producer's stage was skipped, say.
    """
    wanted = [name for name in action.inputs if name != SOURCE]
    if not wanted:
        return {}
    made = produced(execution)
    missing = [name for name in wanted if name not in made]
    if missing:
        raise Unresolved(f"the artifact {', '.join(missing)} has not been made")
    return {name: made[name] for name in wanted}


def produced(execution: Execution) -> Mapping[str, Artifact]:
    """By name, of the newest attempts. RBK-2: what earlier stages made for the target, a rollback has as well."""
    made = dict(execution.rollback.artifacts) if execution.rollback is not None else {}
    for run in execution.stages:
        for action in run.actions:
            made.update(action.artifacts)
    return made


def identity(execution: str, job: str, name: str) -> str:
    """ART-2: every attempt's is its own. Made of the attempt's name, so that after a crash it is made again, not twice."""
    digest = hashlib.sha256(f"{job}/{name}".encode()).hexdigest()[:16]
    return f"{execution}-{digest}"


def every_id(execution: Execution, pipeline: Pipeline) -> Iterator[str]:
    """The ids that the artifacts of all its attempts have, whether they were made or not."""
    runs = {(stage.name, run.name): run.attempt for stage in execution.stages for run in stage.actions}
    for stage in pipeline.stages:
        for action in stage.actions:
            for attempt in range(1, runs.get((stage.name, action.name), 0) + 1):
                job = job_id(execution.id, stage.name, action.name, attempt)
                yield from (identity(execution.id, job, name) for name in action.outputs)
