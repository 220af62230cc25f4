"""What a decision means for the metrics: executions and actions that ended with it. Metrics' names are in `metrics`."""

from bot.model.execution import ActionRun, ActionStatus, Execution
from bot.model.pipeline import Pipeline
from bot.runtime.metrics import Metrics

_ENDED = (ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.ABANDONED)


def measure(metrics: Metrics, before: Execution | None, after: Execution, pipeline: Pipeline) -> None:
    """Count what ended between the two."""
    if after.status.ended and (before is None or before.status is not after.status):
        metrics.execution(str(after.status))
    for index, stage in enumerate(after.stages):
        if before is not None and before.stages[index] is stage:
            continue
        for run in stage.actions:
            old = before.stages[index].action(run.name) if before is not None else None
            if run.status in _ENDED and (old is None or (old.status, old.attempt) != (run.status, run.attempt)):
                kind = pipeline.stages[index].action(run.name).work.kind
                metrics.action(kind, str(run.status), _seconds(run))


def _seconds(run: ActionRun) -> float:
    return (run.ended_at or 0.0) - (run.started_at or run.ended_at or 0.0)
