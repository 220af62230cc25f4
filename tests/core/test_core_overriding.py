"""Stopping while conditions are judged, and overriding them: the table of section 16.2. Rule ids are the codepipeline reference's."""

import pytest

from bot.core.effects import AbandonRule, StartRollback
from bot.core.refusal import RefusalReason
from bot.model.condition import RuleStatus
from bot.model.pipeline import Stage
from tests.core.conditions import ENTRY, FAILURE, SUCCESS, asks, at_the_door, guarded, with_a_success
from tests.core.lane import BEN, Lane, pipeline, run, stage


def test_stp_6_abandon_ends_rules_and_condition() -> None:
    lane = at_the_door(guarded())
    lane.stop(abandon=True)
    assert AbandonRule("e1", "prod", ENTRY, "good", 1) in lane.orders
    assert (lane.status("e1"), lane.condition("e1", "prod", ENTRY)) == ("Stopped", "Abandoned")


@pytest.mark.parametrize(("ok", "status"), [(True, "Stopped"), (False, "Failed")])
def test_stp_4_stop_and_wait_lets_a_rule_finish(ok: bool, status: str) -> None:
    """C13: what fails meanwhile has failed."""
    lane = at_the_door(guarded())
    lane.stop()
    assert lane.status("e1") == "Stopping"
    lane.judge("e1", "good", ok=ok)
    assert (lane.status("e1"), lane.started) == (status, [])


def test_stop_and_wait_does_not_wait_for_a_window() -> None:
    lane = at_the_door(guarded("fail", "hours"))
    lane.wait_for("e1", "hours", lane.now + 1000)
    lane.stop()
    assert lane.status("e1") == "Stopped"


def test_override_is_refused_while_it_is_being_stopped() -> None:
    """Nothing is to begin any more, so there is nothing to be let past."""
    lane = at_the_door(guarded())
    lane.stop()
    refused = lane.override("prod").refusal
    assert refused is not None
    assert refused.reason is RefusalReason.ALREADY_STOPPING
    assert lane.started == []


def test_ret_15_nothing_is_rolled_back_while_stopping() -> None:
    lane = with_a_success(on_success=asks("rollback"))
    lane.finish("e2")
    lane.stop()
    lane.judge("e2", "good", ok=False)
    assert (lane.status("e2"), lane.orders) == ("Failed", [])


def test_override_entry_while_it_is_judged() -> None:
    lane = at_the_door(guarded("fail", "hours", "fresh"))
    lane.judge("e1", "fresh")
    lane.override("prod", "hotfix")
    entry = lane["e1"].current.before_entry
    assert entry is not None
    assert entry.override is not None
    assert (entry.override.by, entry.override.reason) == (BEN, "hotfix")
    assert [rule.status for rule in entry.rules] == [RuleStatus.ABANDONED, RuleStatus.SUCCEEDED]
    assert lane.started == ["e1/prod/work/1"]


def test_override_entry_after_it_has_failed() -> None:
    lane = at_the_door(guarded())
    lane.judge("e1", "good", ok=False)
    lane.override("prod")
    assert (lane.where("e1"), lane.started) == ("in prod", ["e1/prod/work/1"])
    assert lane["e1"].attempts == 2
    lane.finish("e1")
    assert lane.status("e1") == "Succeeded"


@pytest.mark.parametrize("judged", [True, False])
def test_override_is_refused_for_skip(judged: bool) -> None:
    lane = at_the_door(
        Lane(pipeline(stage("build"), Stage("prod", (run("work"),), before_entry=asks("skip")), stage("end")))
    )
    if judged:
        lane.judge("e1", "good", ok=False)
    lane.override("prod")
    assert lane.last.refusal is not None
    reason = RefusalReason.NOTHING_TO_OVERRIDE if judged else RefusalReason.SKIP_STANDS
    assert lane.last.refusal.reason is reason


@pytest.mark.parametrize("result", ["fail", "rollback"])
@pytest.mark.parametrize("judged", [True, False])
def test_override_success(result: str, judged: bool) -> None:
    """With nothing to roll back to, a failed one stands and can be overridden."""
    lane = at_the_door(guarded(on_success=asks(result)))
    lane.finish("e1")
    if judged:
        lane.judge("e1", "good", ok=False)
        assert lane.status("e1") == "Failed"
    lane.override("prod")
    assert lane.status("e1") == "Succeeded"
    assert lane.condition("e1", "prod", SUCCESS) == "Overridden"
    assert lane.state.slots["prod"].last_success == "e1"


def test_override_failure_keeps_it_from_rolling_back() -> None:
    lane = with_a_success(on_failure=asks("rollback"))
    lane.finish("e2", ok=False)
    lane.override("prod")
    assert (lane.status("e2"), lane.condition("e2", "prod", FAILURE)) == ("Failed", "Overridden")
    assert not any(isinstance(effect, StartRollback) for effect in lane.last.effects)


def test_override_is_refused_when_overtaken() -> None:
    lane = at_the_door(guarded())
    lane.start()
    lane.finish("e2")
    lane.judge("e1", "good", ok=False)
    lane.override("prod", execution="e1")
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.NOTHING_TO_OVERRIDE, "it has left the live state"


def test_override_is_refused_where_nothing_is_judged() -> None:
    lane = at_the_door(guarded())
    lane.override("build")
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.NOTHING_TO_OVERRIDE


def test_override_is_refused_while_the_stage_is_rolled_back() -> None:
    lane = with_a_success(on_success=asks("rollback"))
    lane.finish("e2")
    lane.judge("e2", "good", ok=False)
    lane.override("prod")
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.ROLLING_BACK
