"""What is said of conditions and their rules: what is waited for, what turned an execution away, who overrode it (section 16)."""

from bot.core.condition import running
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, RuleRun, RuleStatus
from bot.model.execution import StageRun

MOMENTS = {
    ConditionKind.BEFORE_ENTRY: "before entry",
    ConditionKind.ON_SUCCESS: "on success",
    ConditionKind.ON_FAILURE: "on failure",
}


def awaited(stage: StageRun) -> str:
    """What a stage waits for while its condition is judged: `before entry: the window opens Mon …`; "" while none is."""
    run = running(stage)
    return f"{MOMENTS[run.kind]}: {_open(run)}" if run is not None else ""


def opening(stage: StageRun) -> RuleRun | None:
    """The rule whose window is waited for."""
    run = running(stage)
    rules = run.rules if run is not None else ()
    return next((rule for rule in rules if rule.status is RuleStatus.IN_PROGRESS and rule.opens_at is not None), None)


def _open(run: ConditionRun) -> str:
    """The rules that have not ended; of one that waits, what for."""
    left = [rule for rule in run.rules if rule.status is RuleStatus.IN_PROGRESS]
    return ", ".join(f"{rule.name}: {rule.summary}" if rule.summary else rule.name for rule in left)


def refusal(stage: StageRun) -> str:
    """Why a stage was not entered, or did not succeed although its actions did; "" where no condition is the reason."""
    for run in (stage.before_entry, stage.on_success):
        if run is not None and run.status in (ConditionStatus.FAILED, ConditionStatus.ERRORED):
            unknown = " (could not be evaluated)" if run.status is ConditionStatus.ERRORED else ""
            return f"{MOMENTS[run.kind]}{unknown}, {run.summary}"
    return ""


def overridden(stage: StageRun) -> list[str]:
    """`before entry overridden by ben: the fix can't wait`."""
    return [
        f"{MOMENTS[run.kind]} overridden by {run.override.by.login}"
        + (f": {run.override.reason}" if run.override.reason else "")
        for run in stage.conditions
        if run.override is not None
    ]


def describe(run: ConditionRun) -> str:
    """A condition in a line, for tables; "" for one that holds: it needs no words."""
    moment = MOMENTS[run.kind]
    match run.status:
        case ConditionStatus.IN_PROGRESS:
            return f"{moment}: {_open(run)}"
        case ConditionStatus.SUCCEEDED:
            return ""
        case ConditionStatus.OVERRIDDEN:
            return f"{moment}: overridden by {run.override.by.login}" if run.override else f"{moment}: overridden"
        case ConditionStatus.FAILED | ConditionStatus.ERRORED:
            return f"{moment}: {run.summary}"
        case _:
            return f"{moment}: {run.status.lower()}"
