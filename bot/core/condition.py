"""Conditions: begun, judged by what their rules come to, abandoned, overridden (section 16.1). What follows is `bot.core.flow`'s.

A rule is evaluated by somebody else (`StartRule`); the core only counts what comes back.
"""

from dataclasses import replace
from typing import Any

from bot.core.draft import PAST_KEPT, Draft
from bot.core.effects import AbandonRule, StartRule, rule_job_id
from bot.core.lifecycle import CONDITION, RULE, step
from bot.model.condition import ConditionKind, ConditionRun, ConditionStatus, RuleRun, RuleStatus
from bot.model.execution import Execution, StageRun
from bot.model.pipeline import Condition
from bot.model.rollback import ExecutionType


def asked(draft: Draft, execution: Execution, kind: ConditionKind) -> Condition | None:
    """The condition that is to be judged, if it has rules. A rollback is judged by none (RBK-8)."""
    condition = draft.stage(execution).condition(kind)
    if execution.type is ExecutionType.ROLLBACK or condition is None or not condition.rules:
        return None
    return condition


def begin(draft: Draft, execution: Execution, kind: ConditionKind) -> bool:
    """Start judging, all rules at once (CND-1). False when there is nothing to judge."""
    condition = asked(draft, execution, kind)
    if condition is None:
        return False
    stage = execution.current
    rules = tuple(RuleRun(rule.name, started_at=draft.at, deadline=draft.at + rule.limit) for rule in condition.rules)
    run = ConditionRun(kind, stage.attempts, rules, started_at=draft.at)
    for rule in condition.rules:
        draft.order(StartRule(execution.id, stage.name, kind, rule.name, run.attempt))
    keep(draft, set_aside(draft, execution, kind), run)
    return True


def set_aside(draft: Draft, execution: Execution, *kinds: ConditionKind) -> Execution:
    """A new attempt of the stage judges them anew (RET-7): how they ended before is remembered (RUL-8)."""
    stage = execution.current
    ended = tuple(run for run in stage.conditions if run.kind in kinds)
    if not ended:
        return execution
    past = (*stage.past_conditions, *ended)[-PAST_KEPT:]
    return draft.change_stage(execution, past_conditions=past, **{run.kind.value: None for run in ended})


def running(stage: StageRun) -> ConditionRun | None:
    """The condition that is being judged; there is never more than one."""
    for run in (stage.before_entry, stage.on_success, stage.on_failure):  # asked at every turn of a decision
        if run is not None and run.status is ConditionStatus.IN_PROGRESS:
            return run
    return None


def keep(draft: Draft, execution: Execution, run: ConditionRun) -> Execution:
    return draft.change_stage(execution, **{run.kind.value: run})


def change_rule(draft: Draft, execution: Execution, run: ConditionRun, rule: RuleRun, **changes: Any) -> Execution:
    """Set fields of a rule's run, and with it of its condition."""
    if "status" in changes:
        changes["status"] = step(RULE, rule.status, changes["status"])
    rules = tuple(replace(each, **changes) if each is rule else each for each in run.rules)
    return keep(draft, execution, replace(run, rules=rules))


def judge(draft: Draft, execution: Execution, run: ConditionRun) -> Execution | None:
    """End the condition if its rules decide it: the first that fails does, and so does the last that holds. None: not yet."""
    failed = [rule for rule in run.rules if rule.status is RuleStatus.FAILED]
    if failed:
        verdict = ConditionStatus.ERRORED if any(rule.error for rule in failed) else ConditionStatus.FAILED
        return _end(draft, execution, run, verdict, _why(failed[0]))
    if all(rule.status is RuleStatus.SUCCEEDED for rule in run.rules):
        return _end(draft, execution, run, ConditionStatus.SUCCEEDED, "")
    return None


def _why(rule: RuleRun) -> str:
    return f"{rule.name}: {rule.summary}" if rule.summary else f"{rule.name} does not hold"


def abandon(draft: Draft, execution: Execution) -> Execution:
    """STP-6: whatever is being judged ends here and now, undecided."""
    run = running(execution.current)
    return execution if run is None else _end(draft, execution, run, ConditionStatus.ABANDONED, "abandoned")


def override(draft: Draft, execution: Execution, run: ConditionRun, **how: Any) -> Execution:
    """Section 16.2: it stands in nobody's way any more; what still runs of it is abandoned."""
    return _end(draft, execution, run, ConditionStatus.OVERRIDDEN, run.summary, **how)


def only_waits(run: ConditionRun) -> bool:
    """Nothing is being evaluated: all that is left waits for its time."""
    return all(rule.wakes_at is not None for rule in run.rules if rule.status is RuleStatus.IN_PROGRESS)


def _end(
    draft: Draft, execution: Execution, run: ConditionRun, status: ConditionStatus, summary: str, **how: Any
) -> Execution:
    status = step(CONDITION, run.status, status)
    rules = tuple(_stopped(draft, execution, run, rule) for rule in run.rules)
    ended = replace(run, rules=rules, status=status, summary=summary, ended_at=draft.at, **how)
    return keep(draft, execution, ended)


def _stopped(draft: Draft, execution: Execution, run: ConditionRun, rule: RuleRun) -> RuleRun:
    """What has not ended is abandoned with its condition."""
    if rule.status is not RuleStatus.IN_PROGRESS:
        return rule
    draft.order(AbandonRule(execution.id, execution.current.name, run.kind, rule.name, run.attempt))
    status = step(RULE, rule.status, RuleStatus.ABANDONED)
    return replace(rule, status=status, ended_at=draft.at, wakes_at=None)


def rule_log(execution: Execution, run: ConditionRun, rule: str) -> str:
    """The key of a rule's log."""
    return rule_job_id(execution.id, execution.current.name, run.kind, rule, run.attempt)
