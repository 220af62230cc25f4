"""Why an execution ended as it did, in the words that it keeps (ST-2). What is said of it to people is `bot.messages`'s."""

from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus
from bot.model.execution import ActionRun, Execution, StageRun, StageStatus

_JUDGED = {
    ConditionKind.BEFORE_ENTRY: "before entry",
    ConditionKind.ON_SUCCESS: "on success",
    ConditionKind.ON_FAILURE: "on failure",
}


def failed(stage: StageRun, actions: list[ActionRun]) -> str:
    first = actions[0]
    more = f" (and {len(actions) - 1} more)" if len(actions) > 1 else ""
    why = f": {first.summary}" if first.summary else ""
    return f"{stage.name}/{first.name} failed{more}{why}"


def refused(run: ConditionRun, stage: str) -> str:
    """A condition let it get no further."""
    how = "could not be judged" if run.status is ConditionStatus.ERRORED else "does not hold"
    return f"{stage}: the condition {_JUDGED[run.kind]} {how}: {run.summary}"


def cancelled(execution: Execution) -> str:
    return f"cancelled: the pipeline's definition has changed (version {execution.edited_in})"


def in_part(execution: Execution) -> str:
    """It is through, but was kept from some of its stages."""
    done = sum(stage.status in (StageStatus.SUCCEEDED, StageStatus.SKIPPED) for stage in execution.stages)
    stages = "stage" if len(execution.stages) == 1 else "stages"
    kept = ", ".join(stage.name for stage in execution.withheld)
    withheld = f"{len(execution.withheld)} withheld from a change from outside: {kept}"
    return f"{done} of {len(execution.stages)} {stages} done, {withheld}"


def stopped(execution: Execution) -> str:
    return execution.stop.reason if execution.stop else ""
