"""How executions go through stages: groups, occupancy, supersession, failure. Rule ids are the codepipeline reference's."""

from typing import Any

import pytest

from bot.core.effects import AbandonAction, Report
from bot.core.refusal import Refusal, RefusalReason
from bot.model.error import ErrorCode
from bot.model.execution import StageStatus
from bot.model.pipeline import Mode, Outdated, RetryMode, Variable
from bot.model.repository import Ref, RefKind
from tests.core.lane import Lane, pipeline, run, stage


def two_stages(**how: Any) -> Lane:
    return Lane(pipeline(stage("build"), stage("prod"), **how))


def test_stages_run_in_order_to_success() -> None:
    lane = two_stages()
    lane.start()
    assert lane.started == ["e1/build/work/1"]
    lane.finish("e1")
    assert lane.started == ["e1/prod/work/1"]
    assert lane.stages("e1") == [StageStatus.SUCCEEDED, StageStatus.IN_PROGRESS]
    lane.finish("e1")
    assert lane.status("e1") == "Succeeded"
    assert not lane.state.executions, "live state holds only what is still running"
    assert not lane.state.definitions


def test_str_17_equal_run_order_runs_in_parallel_and_gaps_are_allowed() -> None:
    lane = Lane(pipeline(stage("build", run("c", 7), run("a"), run("b"))))
    lane.start()
    assert lane.started == ["e1/build/a/1", "e1/build/b/1"]
    lane.finish("e1", "b")
    assert lane.started == []
    lane.finish("e1", "a")
    assert lane.started == ["e1/build/c/1"]


def test_section_10_a_failed_action_lets_its_group_finish_and_starts_no_later_one() -> None:
    """C5: the stage stays taken until then."""
    lane = Lane(pipeline(stage("build", run("a"), run("b"), run("c", 2))))
    lane.start()
    lane.finish("e1", "a", ok=False, summary="exit status 2")
    assert lane.where("e1") == "in build", "the stage stays taken until the sibling ends (C5)"
    lane.finish("e1", "b")
    assert lane.actions("e1") == {"build/a": "Failed", "build/b": "Succeeded", "build/c": "NotStarted"}
    assert lane.status("e1") == "Failed"
    assert lane["e1"].summary == "build/a failed: exit status 2"


def test_sup_1_different_stages_hold_different_executions_at_once() -> None:
    lane = two_stages()
    lane.start()
    lane.finish("e1")
    lane.start()
    assert (lane.where("e1"), lane.where("e2")) == ("in prod", "in build")


def test_sup_2_the_newer_takes_the_place_of_the_one_that_waits() -> None:
    lane = two_stages()
    lane.start()
    lane.finish("e1")
    lane.start()
    lane.finish("e2")
    lane.start()
    assert (lane.where("e2"), lane.where("e3")) == ("waits for prod", "in build")
    lane.finish("e3")
    assert (lane.where("e1"), lane.where("e2"), lane.where("e3")) == ("in prod", "Superseded", "waits for prod")
    assert lane["e2"].superseded_by_number == 3
    lane.finish("e1")
    assert lane.where("e3") == "in prod"


def test_sup_3_whoever_is_inside_a_stage_is_never_superseded() -> None:
    lane = two_stages()
    lane.start()
    lane.start()
    lane.start()
    assert [lane.where(e) for e in ("e1", "e2", "e3")] == ["in build", "Superseded", "waits for build"]


def test_sup_5_a_failed_stage_is_open_to_the_next_at_once() -> None:
    lane = two_stages()
    lane.start()
    lane.start()
    lane.finish("e1", ok=False)
    assert (lane.where("e1"), lane.where("e2")) == ("Failed", "in build")
    assert "e1" not in lane.state.executions, "overtaken, it can't be retried, so nothing live is left of it"


def test_sup_7_a_held_transition_keeps_only_the_newest_waiting() -> None:
    lane = two_stages()
    lane.hold("prod", "freeze")
    lane.start()
    lane.finish("e1")
    lane.start()
    lane.finish("e2")
    assert (lane.where("e1"), lane.where("e2")) == ("Superseded", "waits for prod")
    lane.release("prod")
    assert lane.where("e2") == "in prod"
    assert lane.started == ["e2/prod/work/1"]


def test_que_1_queued_executions_all_run_in_order() -> None:
    lane = two_stages(mode=Mode.QUEUED)
    for _ in range(3):
        lane.start()
    assert [lane.where(e) for e in ("e1", "e2", "e3")] == ["in build", "waits for build", "waits for build"]
    for name in ("e1", "e2", "e3"):
        lane.finish(name)
    assert lane.where("e3") == "waits for prod"
    for name in ("e1", "e2", "e3"):
        lane.finish(name)
        assert lane.status(name) == "Succeeded"


@pytest.mark.parametrize("mode", [Mode.QUEUED, Mode.PARALLEL])
def test_que_4_par_1_the_ceiling_refuses_the_fifty_first(mode: Mode) -> None:
    """RUN-7."""
    lane = two_stages(mode=mode)
    for _ in range(50):
        lane.start()
    lane.start()
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.LIMIT


def test_par_1_parallel_executions_are_independent() -> None:
    lane = two_stages(mode=Mode.PARALLEL)
    lane.start()
    lane.start()
    assert [lane.where(e) for e in ("e1", "e2")] == ["in build", "in build"]
    lane.finish("e2")
    assert [lane.where(e) for e in ("e1", "e2")] == ["in build", "in prod"]


def test_outdated_stop_ends_older_executions_wherever_they_are() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod")), Ref(RefKind.PULL_REQUEST, "7"))
    lane.start()
    lane.start()
    assert (lane.where("e1"), lane.where("e2")) == ("Superseded", "in build")
    assert lane["e1"].superseded_by == "e2"
    assert lane.actions("e1")["build/work"] == "Abandoned"
    assert AbandonAction("e1", "build", "work", 1) in lane.orders
    assert lane.started == ["e2/build/work/1"]


def test_outdated_stop_ends_no_newer_execution_when_an_older_start_comes_behind_it() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod")), Ref(RefKind.PULL_REQUEST, "7"))
    lane.start(number=2)
    lane.finish("e2")
    lane.start(number=1)
    assert [lane.where(e) for e in ("e1", "e2")] == ["in build", "in prod"]


def test_outdated_finish_is_the_default_on_branches_and_can_be_chosen_on_pull_requests() -> None:
    lane = Lane(pipeline(stage("build"), outdated=Outdated.FINISH), Ref(RefKind.PULL_REQUEST, "7"))
    lane.start()
    lane.start()
    assert (lane.where("e1"), lane.where("e2")) == ("in build", "waits for build")


def test_ret_10_11_one_automatic_retry_of_failed_actions() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"), retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.finish("e1", "a")
    lane.finish("e1", "b", ok=False)
    assert lane.started == ["e1/build/b/2"]
    lane.finish("e1", "b", ok=False)
    assert lane.status("e1") == "Failed", "never a second automatic attempt"
    assert lane["e1"].stages[0].auto_retries == 1


def test_ret_10_the_automatic_retry_can_repeat_the_whole_stage() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b", 2), retry=RetryMode.ALL_ACTIONS)))
    lane.start()
    lane.finish("e1", "a")
    lane.finish("e1", "b", ok=False)
    assert lane.started == ["e1/build/a/2"]
    lane.finish("e1", "a")
    assert lane.started == ["e1/build/b/2"]


def test_an_interrupted_action_is_retried_once_when_the_file_says_so() -> None:
    lane = Lane(pipeline(stage("build", retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.finish("e1", ok=False, error=ErrorCode.INTERRUPTED)
    assert lane.started == ["e1/build/work/2"]


def test_a_result_of_an_attempt_that_no_longer_counts_changes_nothing() -> None:
    lane = two_stages()
    lane.start()
    lane.stop(abandon=True)
    before = lane.state
    lane.finish("e1", attempt=1, stage="build")
    assert lane.state.executions == before.executions
    assert lane.last.effects == ()


def test_var_11_a_start_needs_every_variable_without_default_and_no_undeclared_one() -> None:
    lane = Lane(pipeline(stage("build"), variables={"REGION": Variable("eu"), "VERSION": Variable()}))
    lane.start()
    assert lane.last.refusal == Refusal(RefusalReason.VARIABLE_MISSING, {"names": "VERSION"})
    lane.start(variables={"VERSION": "1", "COLOUR": "red"})
    assert lane.last.refusal == Refusal(RefusalReason.VARIABLE_UNKNOWN, {"name": "COLOUR", "known": "REGION, VERSION"})
    assert not lane.state.executions
    lane.start(variables={"VERSION": "1"})
    assert lane["e3"].variables == {"REGION": "eu", "VERSION": "1"}


def test_every_touched_execution_is_reported_once() -> None:
    lane = two_stages()
    lane.start()
    lane.start()
    lane.finish("e1")
    reports = [effect.execution for effect in lane.last.effects if isinstance(effect, Report)]
    assert sorted(reports) == ["e1", "e2"]


def test_a_start_that_is_told_twice_starts_once() -> None:
    lane = two_stages()
    lane.start()
    lane.start()
    before = lane.state
    again = next(event for event in reversed(lane.events))
    lane.tell(again)
    assert lane.state == before


def test_sup_4_a_start_that_comes_behind_a_newer_one_is_superseded_at_once() -> None:
    """Two deliveries handled side by side: the older number may reach the lane last."""
    lane = two_stages()
    late = next(lane._numbers)
    lane.start()
    lane.start()
    lane.start(number=late)
    assert [lane.where(e) for e in ("e1", "e2", "e3")] == ["Superseded", "in build", "waits for build"]
