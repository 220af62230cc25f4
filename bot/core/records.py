"""What an execution's actions and rules came to, attempt by attempt, newest first: the history that programs and pages list (section 19.5)."""

from dataclasses import dataclass

from bot.core.effects import job_id, rule_job_id
from bot.model.condition import ConditionKind, RuleRun, RuleStatus
from bot.model.execution import ActionRun, ActionStatus, Execution

_LAST = float("inf")


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One attempt at one action. `latest`: no retry has replaced it."""

    execution: Execution
    stage: str
    run: ActionRun
    latest: bool

    @property
    def key(self) -> str:
        """Names it among all attempts of all executions, and says where a page of them ends."""
        return job_id(self.execution.id, self.stage, self.run.name, self.run.attempt)


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """One evaluation of one rule (RUL-8)."""

    execution: Execution
    stage: str
    kind: ConditionKind
    attempt: int
    run: RuleRun
    latest: bool

    @property
    def key(self) -> str:
        return rule_job_id(self.execution.id, self.stage, self.kind, self.run.name, self.attempt)


def action_records(execution: Execution) -> list[ActionRecord]:
    """An action that has not begun has no record (section 9.1)."""
    found = [
        ActionRecord(execution, stage.name, run, latest)
        for stage in execution.stages
        for latest, runs in ((False, stage.past), (True, stage.actions))
        for run in runs
        if run.status is not ActionStatus.NOT_STARTED
    ]
    found.reverse()
    return sorted(found, key=lambda one: -_begun(one.run.started_at, running=one.run.status is _RUNNING))


def rule_records(execution: Execution) -> list[RuleRecord]:
    found = [
        RuleRecord(execution, stage.name, condition.kind, condition.attempt, run, latest)
        for stage in execution.stages
        for latest, conditions in ((False, stage.past_conditions), (True, stage.conditions))
        for condition in conditions
        for run in condition.rules
    ]
    evaluated = RuleStatus.IN_PROGRESS
    found.reverse()
    return sorted(found, key=lambda one: -_begun(one.run.started_at, running=one.run.status is evaluated))


_RUNNING = ActionStatus.IN_PROGRESS


def _begun(started_at: float | None, *, running: bool) -> float:
    """What waits for a free place has not begun yet, and is the newest."""
    if started_at is None:
        return _LAST if running else 0.0
    return started_at
