"""What the core makes of a rule's evaluation, as it is reported: it waits, it holds, it does not, it could not be evaluated."""

from bot.core import condition
from bot.core.draft import Draft
from bot.core.effects import StartRule
from bot.core.events import RuleFinished, RuleWaits
from bot.core.flow import advance
from bot.core.refusal import Refusal
from bot.model.condition import ConditionRun, ConditionStatus, RuleRun, RuleStatus
from bot.model.execution import Execution, ExecutionStatus

Found = tuple[Execution, ConditionRun, RuleRun]


def waits(draft: Draft, event: RuleWaits) -> Refusal | None:
    """Look again when it says, and not after the rule's deadline: then it is told as not evaluated in time."""
    found = current(draft, event)
    if found is None:
        return None
    execution, run, rule = found
    if execution.status is ExecutionStatus.STOPPING:  # asked to stop, it finishes what runs and waits for nothing
        advance(draft, condition.abandon(draft, execution))
        return None
    until = min(event.until, rule.deadline) if rule.deadline is not None else event.until
    until = max(until, event.at)
    draft.order(StartRule(execution.id, event.stage, event.condition, event.rule, event.attempt, until))
    condition.change_rule(
        draft,
        execution,
        run,
        rule,
        looks=rule.looks + 1,
        wakes_at=until,
        opens_at=event.opens_at,
        summary=event.summary,
        configuration=event.configuration,
    )
    return None


def finished(draft: Draft, event: RuleFinished) -> Refusal | None:
    """Take the result, unless the evaluation no longer counts; the condition may be decided with it."""
    found = current(draft, event)
    if found is None:
        return None
    execution, run, rule = found
    execution = condition.change_rule(
        draft,
        execution,
        run,
        rule,
        status=event.status,
        looks=rule.looks + 1,
        wakes_at=None,
        opens_at=None,
        ended_at=event.at,
        summary=event.summary,
        error=event.error,
        log=event.log,
        configuration=event.configuration,
    )
    changed = execution.current.condition(event.condition)
    assert changed is not None  # noqa: S101  it has just been changed
    decided = condition.judge(draft, execution, changed)
    if decided is not None:
        advance(draft, decided)
    return None


def current(draft: Draft, event: RuleWaits | RuleFinished) -> Found | None:
    """The execution, the condition's run and the rule's, when that very evaluation is in progress."""
    execution = draft.get(event.execution)
    if execution is None or execution.status.ended or execution.waiting or execution.current.name != event.stage:
        return None
    run = execution.current.condition(event.condition)
    if run is None or run.status is not ConditionStatus.IN_PROGRESS or run.attempt != event.attempt:
        return None
    rule = next((rule for rule in run.rules if rule.name == event.rule), None)
    return None if rule is None or rule.status is not RuleStatus.IN_PROGRESS else (execution, run, rule)
