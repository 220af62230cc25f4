"""A stage's conditions as pages show them: what was asked, what its rules came to, who has overridden it."""

from dataclasses import dataclass

from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, Override, RuleRun, RuleStatus
from bot.model.execution import StageRun
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
_RULE = {
    RuleStatus.IN_PROGRESS: Look("running", "being judged"),
    RuleStatus.SUCCEEDED: Look("ok", "holds"),
    RuleStatus.FAILED: Look("failed", "does not hold"),
    RuleStatus.ABANDONED: Look("stopped", "abandoned"),
}
_WAITS = Look("queued", "waits")


@dataclass(frozen=True, slots=True)
class RuleView:
    """`opens_at` is when a window opens that is waited for."""

    name: str
    look: Look
    summary: str
    span: Span
    opens_at: float | None
    configuration: tuple[tuple[str, str], ...]


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
    return _WAITS if waits else _RULE[run.status]


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
    )
