"""Merges that deployments by Git wait for: how an action says so, and which actions of a stage do. Who looks for them: `bot.actions.deploying.git`."""

from bot.model.execution import ActionRun, ActionStatus, StageRun

_BEGINS, _ENDS = "waiting until ", " is merged"


def awaits(pull_request: str) -> str:
    """The summary of an action that waits for it."""
    return f"{_BEGINS}{pull_request}{_ENDS}"


def awaited(stage: StageRun) -> list[ActionRun]:
    """The actions that wait so: people have to do something elsewhere. One that can't look at its pull request now says that instead."""
    return [run for run in stage.actions if awaits_merge(run)]


def awaits_merge(run: ActionRun) -> bool:
    """Known by its page and its words, which executions that were recorded by older versions have, too."""
    said = run.summary.startswith(_BEGINS) and run.summary.endswith(_ENDS)
    return run.status is ActionStatus.IN_PROGRESS and bool(run.external_url) and said
