"""Merges that deployments by Git wait for: which actions of a stage do. Who looks for them: `bot.actions.deploying.git`."""

from bot.model.deployment_wait import DeploymentWait, Merge
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun


def merge_of(run: ActionRun) -> Merge | None:
    """What is to be merged for the action to go on."""
    return run.waits.merge if run.status is ActionStatus.IN_PROGRESS and run.waits is not None else None


def awaited(stage: StageRun) -> list[tuple[ActionRun, Merge]]:
    """The actions that wait so: people have to do something elsewhere."""
    return [(run, merge) for run in stage.actions if (merge := merge_of(run)) is not None]


def awaited_in(execution: Execution) -> list[tuple[ActionRun, DeploymentWait, Merge]]:
    """Those of the stage that an execution is in, with how long they wait."""
    if execution.status.ended or execution.waiting:
        return []
    return [(run, run.waits, merge) for run, merge in awaited(execution.current) if run.waits is not None]
