"""A stage's conditions as pages show them: what was asked, what its rules came to, who has overridden it."""

import re
from dataclasses import dataclass

from bot.core.effects import rule_job_id
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, Override, RuleRun, RuleStatus
from bot.model.execution import Execution, StageRun
from bot.web.states import Look
from bot.web.times import Span

WHEN = {
    ConditionKind.BEFORE_ENTRY: "before entry",
    ConditionKind.ON_SUCCESS: "on success",
    ConditionKind.ON_FAILURE: "on failure",
}
_CONDITION = {
    ConditionStatus.IN_PROGRESS: Look("running", "being judged"),
    ConditionStatus.SUCCEEDED: Look("ok", "holds"),
    ConditionStatus.FAILED: Look("failed", "does not hold"),
    ConditionStatus.ERRORED: Look("failed", "could not be judged"),
    ConditionStatus.ABANDONED: Look("stopped", "abandoned"),
    ConditionStatus.CANCELLED: Look("stopped", "cancelled"),
    ConditionStatus.OVERRIDDEN: Look("skipped", "overridden"),
}
RULE = {
    RuleStatus.IN_PROGRESS: Look("running", "being judged"),
    RuleStatus.SUCCEEDED: Look("ok", "holds"),
    RuleStatus.FAILED: Look("failed", "does not hold"),
    RuleStatus.ABANDONED: Look("stopped", "abandoned"),
}
_WAITS = Look("queued", "waits")
_NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}")


@dataclass(frozen=True, slots=True)
class RuleView:
    """`opens_at` is when a window opens that is waited for. `log` is its log's page, "" where there is none."""

    name: str
    look: Look
    summary: str
    span: Span
    opens_at: float | None
    configuration: tuple[tuple[str, str], ...]
    log: str


@dataclass(frozen=True, slots=True)
class ConditionView:
    when: str
    attempt: int
    look: Look
    summary: str
    rules: tuple[RuleView, ...]
    override: Override | None


def conditions(run: StageRun) -> tuple[ConditionView, ...]:
    """Those of the latest attempt."""
    return tuple(map(_condition, run.conditions))


def earlier_conditions(run: StageRun) -> tuple[ConditionView, ...]:
    return tuple(map(_condition, run.past_conditions))


def of_rule(run: RuleRun) -> Look:
    waits = run.status is RuleStatus.IN_PROGRESS and run.wakes_at is not None
    return _WAITS if waits else RULE[run.status]


def _condition(run: ConditionRun) -> ConditionView:
    rules = tuple(map(_rule, run.rules))
    return ConditionView(WHEN[run.kind], run.attempt, _CONDITION[run.status], run.summary, rules, run.override)


def _rule(run: RuleRun) -> RuleView:
    running = run.status is RuleStatus.IN_PROGRESS
    return RuleView(
        name=run.name,
        look=of_rule(run),
        summary=run.summary,
        span=Span(run.started_at, run.ended_at, live=running),
        opens_at=run.opens_at if running else None,
        configuration=tuple(run.configuration.items()),
        log=_log_page(run),
    )


def _log_page(run: RuleRun) -> str:
    """A log's key is the execution's id and the path below its logs."""
    execution, _, path = run.log.partition("/")
    return f"/executions/{execution}/logs/{path}" if path else ""


def rule_log(execution: Execution, stage: str, name: str, attempt: int) -> str:
    """The log key of a rule's evaluation in an attempt that this execution has had, by `before_entry:rule`; "" for any other."""
    kind, colon, rule = name.partition(":")
    known = next((run for run in execution.stages if run.name == stage), None)
    if not colon or kind not in tuple(ConditionKind) or not _NAME.fullmatch(rule):
        return ""
    if known is None or not 1 <= attempt <= known.attempts:
        return ""
    return rule_job_id(execution.id, stage, ConditionKind(kind), rule, attempt)
