"""Conditions and their rules (section 16). Rule ids are the codepipeline reference's."""

import pytest

from bot.core.effects import AbandonRule, StartRollback, StartRule
from bot.core.refusal import RefusalReason
from bot.model.condition import RuleStatus
from bot.model.error import ErrorCode
from bot.model.execution import RetryTrigger, StageStatus
from bot.model.pipeline import Condition, ConditionResult, RetryMode, Stage
from tests.core.conditions import ENTRY, FAILURE, asks, at_the_door, guarded, with_a_success
from tests.core.lane import Lane, pipeline, run, stage


def test_cnd_1_rules_are_judged_together_and_before_the_first_action() -> None:
    lane = at_the_door(guarded("fail", "hours", "fresh"))
    assert lane.evaluated == ["e1/prod/before_entry:hours/1", "e1/prod/before_entry:fresh/1"]
    assert lane.started == []
    lane.judge("e1", "hours")
    assert lane.started == []
    lane.judge("e1", "fresh")
    assert lane.started == ["e1/prod/work/1"]
    assert lane.condition("e1", "prod", ENTRY) == "Succeeded"


def test_section_10_the_stage_is_held_while_rules_run() -> None:
    lane = at_the_door(guarded())
    lane.start()
    lane.finish("e2")
    assert (lane.where("e1"), lane.where("e2")) == ("in prod", "waits for prod")
    lane.judge("e1", "good", ok=False)
    assert (lane.where("e1"), lane.where("e2")) == ("Failed", "in prod")


def test_cnd_1_the_first_rule_that_fails_decides_and_the_others_are_abandoned() -> None:
    lane = at_the_door(guarded("fail", "hours", "fresh"))
    lane.judge("e1", "fresh", ok=False, summary="variables.REGION is empty")
    assert lane.condition("e1", "prod", ENTRY) == "Failed"
    assert AbandonRule("e1", "prod", ENTRY, "hours", 1) in lane.orders
    entry = lane["e1"].current.before_entry
    assert entry is not None
    assert [rule.status for rule in entry.rules] == [RuleStatus.ABANDONED, RuleStatus.FAILED]
    assert lane.stages("e1") == [StageStatus.SUCCEEDED, StageStatus.FAILED]
    assert lane.actions("e1")["prod/work"] == "NotStarted"
    assert lane["e1"].summary == "prod: the condition before entry does not hold: fresh: variables.REGION is empty"


@pytest.mark.parametrize(("result", "status"), [("fail", "Failed"), ("skip", "Succeeded")])
def test_cnd_2_what_cannot_be_evaluated_counts_as_failed(result: str, status: str) -> None:
    lane = at_the_door(guarded(result))
    lane.judge("e1", "good", ok=False, error=ErrorCode.CONFIGURATION)
    assert lane.condition("e1", "prod", ENTRY) == "Errored"
    assert lane.status("e1") == status


def test_cnd_4_skip_passes_over_the_stage() -> None:
    lane = at_the_door(
        Lane(pipeline(stage("build"), Stage("prod", (run("work"),), before_entry=asks("skip")), stage("end")))
    )
    lane.judge("e1", "good", ok=False)
    assert lane.stages("e1") == [StageStatus.SUCCEEDED, StageStatus.SKIPPED, StageStatus.IN_PROGRESS]
    assert lane.started == ["e1/end/work/1"]
    assert lane.state.slots["prod"].last_success == ""
    assert lane.state.slots["prod"].occupant == ""


def test_section_16_1_success_condition_that_holds() -> None:
    lane = at_the_door(guarded(on_success=asks("fail")))
    lane.finish("e1")
    assert lane.evaluated == ["e1/prod/on_success:good/1"]
    assert lane.where("e1") == "in prod", "the lock is still held"
    lane.judge("e1", "good")
    assert lane.status("e1") == "Succeeded"


def test_section_16_1_success_condition_that_does_not_hold_fails_the_stage() -> None:
    """CND-3, C1."""
    lane = at_the_door(guarded(on_success=asks("fail")))
    lane.finish("e1")
    lane.judge("e1", "good", ok=False)
    assert lane.status("e1") == "Failed"
    assert lane.stages("e1")[1] is StageStatus.FAILED
    assert lane.state.slots["prod"].last_success == "", "C23: it is nothing to roll back to"
    assert not any(isinstance(effect, StartRollback) for effect in lane.last.effects)


def test_section_16_1_success_condition_rolls_back() -> None:
    """C23: the stage has failed, too."""
    lane = with_a_success(on_success=asks("rollback"))
    lane.finish("e2")
    lane.judge("e2", "good", ok=False)
    assert lane.status("e2") == "Failed"
    assert lane.stages("e2")[1] is StageStatus.FAILED
    assert StartRollback("e2", "prod", 1) in lane.orders


@pytest.mark.parametrize(
    ("ok", "error", "rolls_back"), [(True, None, True), (False, None, False), (False, ErrorCode.TIMEOUT, False)]
)
def test_c8_failure_condition_engages_only_when_met(ok: bool, error: ErrorCode | None, rolls_back: bool) -> None:
    lane = with_a_success(on_failure=asks("rollback"))
    lane.finish("e2", ok=False, summary="exit status 3")
    assert lane.evaluated == ["e2/prod/on_failure:good/1"]
    assert lane.where("e2") == "in prod"
    lane.judge("e2", "good", ok=ok, error=error)
    assert lane.status("e2") == "Failed"
    assert lane["e2"].summary == "prod/work failed: exit status 3"
    assert any(isinstance(effect, StartRollback) for effect in lane.last.effects) is rolls_back


def test_section_16_1_failure_rolls_back_without_rules() -> None:
    lane = with_a_success(on_failure=Condition(ConditionResult.ROLLBACK))
    lane.finish("e2", ok=False)
    assert lane.orders == [StartRollback("e2", "prod", 1)]


def test_rbk_5_without_an_earlier_success_the_failure_stands() -> None:
    """CND-5."""
    lane = at_the_door(guarded(on_failure=Condition(ConditionResult.ROLLBACK)))
    lane.finish("e1", ok=False)
    assert (lane.status("e1"), lane.orders) == ("Failed", [])


def test_ret_15_no_automatic_retry_when_the_entry_condition_fails() -> None:
    retry = Condition(ConditionResult.RETRY)
    lane = at_the_door(guarded(before_entry=asks("fail"), on_failure=retry))
    lane.judge("e1", "good", ok=False)
    assert (lane.status("e1"), lane.started) == ("Failed", [])


def test_ret_10_ret_11_ret_14_one_automatic_retry_is_counted() -> None:
    lane = Lane(pipeline(stage("build", retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.finish("e1", ok=False)
    assert lane.started == ["e1/build/work/2"]
    counted = lane["e1"].current
    assert (counted.auto_retries, counted.manual_retries, counted.latest_retry) == (1, 0, RetryTrigger.AUTOMATED)
    lane.finish("e1", ok=False)
    assert lane.status("e1") == "Failed"
    lane.retry()
    counted = lane["e1"].current
    assert (counted.auto_retries, counted.manual_retries, counted.latest_retry) == (1, 1, RetryTrigger.MANUAL)


def test_ret_7_a_retry_judges_the_conditions_anew() -> None:
    lane = at_the_door(guarded(before_entry=asks("fail"), on_success=asks("fail")))
    lane.judge("e1", "good")
    lane.finish("e1")
    lane.judge("e1", "good", ok=False)
    lane.retry()
    assert lane.evaluated == ["e1/prod/before_entry:good/2"]
    lane.judge("e1", "good")
    assert lane.evaluated == ["e1/prod/on_success:good/2"], "no action has failed: none is run again"
    lane.judge("e1", "good")
    assert lane.status("e1") == "Succeeded"


def test_rul_8_what_rules_came_to_before_a_retry_is_remembered() -> None:
    lane = at_the_door(guarded())
    lane.judge("e1", "good", ok=False, summary="too late")
    lane.retry()
    lane.judge("e1", "good")
    (past,) = lane["e1"].current.past_conditions
    assert [(past.attempt, past.status, rule.name, rule.summary) for rule in past.rules] == [
        (1, "Failed", "good", "too late")
    ]
    assert lane.condition("e1", "prod", ENTRY) == "Succeeded"


def test_rul_8_whoever_retries_without_end_does_not_make_the_record_grow_without_end() -> None:
    lane = at_the_door(guarded())
    for _ in range(120):
        lane.judge("e1", "good", ok=False)
        lane.retry()
    assert [past.attempt for past in lane["e1"].current.past_conditions] == list(range(21, 121))


def test_ret_5_a_stage_that_failed_on_its_entry_condition_can_be_retried() -> None:
    lane = at_the_door(guarded())
    lane.judge("e1", "good", ok=False)
    lane.retry()
    assert lane.where("e1") == "in prod"
    lane.judge("e1", "good")
    assert lane.started == ["e1/prod/work/1"]


def test_ret_5_no_second_retry_while_the_first_is_at_its_condition() -> None:
    lane = at_the_door(guarded())
    lane.judge("e1", "good")
    lane.finish("e1", ok=False)
    lane.retry()
    assert lane.evaluated == ["e1/prod/before_entry:good/2"]
    lane.retry()
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.NOTHING_TO_RETRY


def test_a_retry_while_the_failure_condition_is_judged_takes_its_place() -> None:
    lane = with_a_success(on_failure=asks("rollback"))
    lane.finish("e2", ok=False)
    lane.retry()
    assert AbandonRule("e2", "prod", FAILURE, "good", 1) in lane.orders
    assert lane.started == ["e2/prod/work/2"]


def test_rul_5_a_rule_waits_and_is_looked_at_again() -> None:
    lane = at_the_door(guarded("fail", "hours"))
    lane.wait_for("e1", "hours", lane.now + 50, opens_at=lane.now + 50, summary="the window opens at 9")
    assert lane.orders == [StartRule("e1", "prod", ENTRY, "hours", 1, lane.now + 49)]
    entry = lane["e1"].current.before_entry
    assert entry is not None
    assert (entry.rules[0].wakes_at, entry.rules[0].summary) == (lane.now + 49, "the window opens at 9")
    lane.judge("e1", "hours")
    assert lane.started == ["e1/prod/work/1"]


def test_a_rule_is_not_looked_at_after_its_deadline() -> None:
    lane = at_the_door(guarded(before_entry=asks("fail", "hours", timeout=60.0)))
    begun = lane.now
    lane.wait_for("e1", "hours", begun + 1000)
    assert lane.orders == [StartRule("e1", "prod", ENTRY, "hours", 1, begun + 60)]


def test_a_result_that_no_longer_counts_changes_nothing() -> None:
    lane = at_the_door(guarded("fail", "hours", "fresh"))
    attempt = 1
    lane.judge("e1", "hours", ok=False)
    lane.retry()
    before = lane.state
    lane.judge("e1", "fresh", attempt=attempt)
    assert lane.state.executions == before.executions


def test_rul_3_what_has_been_judged_is_not_looked_at_again_when_a_window_opens() -> None:
    lane = at_the_door(guarded("fail", "alarm", "hours"))
    lane.judge("e1", "alarm")
    lane.wait_for("e1", "hours", lane.now + 50)
    assert [effect.rule for effect in lane.orders if isinstance(effect, StartRule)] == ["hours"]
    lane.judge("e1", "hours")
    assert lane.started == ["e1/prod/work/1"]
    entry = lane["e1"].current.before_entry
    assert entry is not None
    assert entry.rule("alarm").looks == 1
