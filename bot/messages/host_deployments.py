"""The deployments of an execution: one for each stage that has an environment and that it has entered, in the words of its status."""

from collections.abc import Iterator
from urllib.parse import quote

from bot.messages.state import stage_state
from bot.messages.statuses import execution_url, stage_words
from bot.messages.text import fit, one_line
from bot.model.execution import Execution, StageStatus
from bot.model.host_deployment import HostDeployment
from bot.model.pipeline import Pipeline
from bot.ports import HostLimits


def deployments_of(
    execution: Execution, pipeline: Pipeline, base_url: str, now: float, limits: HostLimits
) -> Iterator[HostDeployment]:
    """None of a change from outside, which gets no environment, and none of a stage that was passed over."""
    for run, stage in zip(execution.stages, pipeline.stages, strict=True):
        state = stage_state(run, stage)
        if execution.outside or not stage.environment or state is None or run.status is StageStatus.SKIPPED:
            continue
        lane, revision = execution.lane, execution.revision
        yield HostDeployment(
            lane.repository,
            stage.environment,
            revision.commit,
            lane.ref,
            revision.branch,
            execution.id,
            stage.name,
            state,
            fit([one_line(part) for part in stage_words(execution, run, stage, now)], limits.description),
            f"{execution_url(base_url, execution)}#stage-{quote(stage.name)}",
        )
