"""Rules of the reference that are a line each, and that no other story of the core tells by the way."""

import pytest

from bot.core.effects import StartAction
from bot.core.refusal import RefusalReason
from bot.model.execution import StageStatus, TriggerKind
from bot.model.pipeline import Condition, ConditionResult, Mode, Pipeline, RetryMode, Rule, Stage
from bot.model.rollback import ExecutionType
from tests.core.lane import ADA, Lane, approve, pipeline, run, stage


def two_stages(**how: Mode) -> Lane:
    return Lane(pipeline(stage("build"), stage("prod"), **how))


def refused(lane: Lane) -> RefusalReason | None:
    return lane.last.refusal.reason if lane.last.refusal else None


def test_run_1_run_9_a_new_execution_says_what_started_it_what_it_runs_and_at_which_commit() -> None:
    lane = two_stages()
    lane.start()
    execution = lane["e1"]
    assert (execution.id, execution.number, execution.type) == ("e1", 1, ExecutionType.STANDARD)
    assert (execution.trigger.kind, execution.trigger.by) == (TriggerKind.PUSH, ADA)
    assert execution.definition == lane.pipeline.digest
    assert execution.revision.commit == f"{1:040x}"


@pytest.mark.parametrize("mode", Mode)
def test_c14_every_execution_runs_the_commit_of_its_event_whatever_came_since(mode: Mode) -> None:
    lane = two_stages(mode=mode)
    for _ in range(3):
        lane.start()
    for name in ("e1", "e2", "e3"):
        if lane.status(name) == "InProgress":
            lane.finish(name)
    assert [lane[name].revision.commit for name in ("e1", "e2", "e3")] == [f"{n:040x}" for n in (1, 2, 3)]


def test_stg_1_a_stage_is_complete_only_when_all_its_actions_have_succeeded() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"), run("c", 2)), stage("prod")))
    lane.start()
    for action in ("a", "b"):
        lane.finish("e1", action)
        assert lane.stages("e1") == [StageStatus.IN_PROGRESS, StageStatus.NOT_STARTED]
    lane.finish("e1", "c")
    assert lane.stages("e1") == [StageStatus.SUCCEEDED, StageStatus.IN_PROGRESS]


def test_stg_3_whoever_waits_between_stages_holds_none() -> None:
    lane = two_stages()
    lane.hold("prod")
    lane.start()
    lane.finish("e1")
    assert lane.where("e1") == "waits for prod"
    assert [slot.occupant for slot in lane.state.slots.values()] == ["", ""]
    lane.start()
    assert lane.where("e2") == "in build"


def test_stg_4_at_the_first_stage_too_only_the_newest_waits() -> None:
    lane = two_stages()
    for _ in range(3):
        lane.start()
    assert [lane.where(name) for name in ("e1", "e2", "e3")] == ["in build", "Superseded", "waits for build"]


@pytest.mark.parametrize("mode", [Mode.SUPERSEDED, Mode.QUEUED])
def test_sup_6_que_5_st_3_c3_who_has_failed_leaves_the_next_enters_and_no_retry_brings_it_back(mode: Mode) -> None:
    lane = two_stages(mode=mode)
    lane.start()
    lane.start()
    lane.finish("e1", ok=False)
    assert (lane.where("e1"), lane.where("e2")) == ("Failed", "in build")
    lane.retry(execution="e1")
    assert refused(lane) is RefusalReason.NOTHING_TO_RETRY
    assert lane.status("e1") == "Failed"


def test_que_3_the_head_enters_when_the_stage_is_free_and_the_transition_open() -> None:
    lane = two_stages(mode=Mode.QUEUED)
    for name in ("e1", "e2", "e3"):
        lane.start()
        lane.finish(name)
    lane.hold("prod")
    lane.finish("e1")
    assert [lane.where(name) for name in ("e2", "e3")] == ["waits for prod", "waits for prod"]
    lane.release("prod")
    assert [lane.where(name) for name in ("e2", "e3")] == ["in prod", "waits for prod"]


def test_par_4_c19_a_held_transition_holds_in_parallel_mode_too() -> None:
    lane = two_stages(mode=Mode.PARALLEL)
    lane.hold("prod")
    for name in ("e1", "e2"):
        lane.start()
        lane.finish(name)
    assert [lane.where(name) for name in ("e1", "e2")] == ["waits for prod", "waits for prod"]
    lane.release("prod")
    assert [lane.where(name) for name in ("e1", "e2")] == ["in prod", "in prod"]


def test_par_6_in_parallel_mode_nobody_is_overtaken() -> None:
    lane = two_stages(mode=Mode.PARALLEL)
    lane.start()
    lane.finish("e1", ok=False)
    lane.start()
    lane.retry(execution="e1")
    assert refused(lane) is None
    assert (lane.where("e1"), lane.where("e2")) == ("in build", "in build")


def test_trn_6_a_transition_that_is_closed_before_a_stop_lets_nobody_slip_in() -> None:
    lane = two_stages()
    for name in ("e1", "e2"):
        lane.start()
        lane.finish(name)
    lane.hold("prod")
    lane.stop(abandon=True, execution="e1")
    assert (lane.where("e1"), lane.where("e2")) == ("Stopped", "waits for prod")


def test_stp_5_st_2_the_reason_is_kept_with_who_gave_it_and_says_why_it_ended() -> None:
    lane = two_stages()
    lane.start()
    lane.stop(abandon=True, reason="wrong branch")
    execution = lane["e1"]
    assert execution.stop is not None
    assert execution.stop.by is not None
    assert (execution.stop.by.login, execution.stop.reason) == ("ben", "stopped by ben: wrong branch")
    assert execution.summary == "stopped by ben: wrong branch"


def test_c25_an_unknown_execution_cannot_be_stopped() -> None:
    lane = two_stages()
    lane.start()
    lane.stop(execution="e9")
    assert refused(lane) is RefusalReason.NOTHING_RUNS
    assert lane.where("e1") == "in build"


def test_ret_6_a_skipped_stage_is_not_retried() -> None:
    entry = Condition(ConditionResult.SKIP, (Rule("never", "check", {"expression": "false"}),))
    lane = Lane(pipeline(Stage("build", (run("work"),), before_entry=entry), stage("prod")))
    lane.start()
    lane.judge("e1", "never", ok=False)
    assert lane.stages("e1") == [StageStatus.SKIPPED, StageStatus.IN_PROGRESS]
    lane.retry(stage="build")
    assert refused(lane) is RefusalReason.NOTHING_TO_RETRY


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_ret_12_any_stage_retries_itself(failing: int) -> None:
    lane = Lane(pipeline(*(stage(name, retry=RetryMode.FAILED_ACTIONS) for name in ("build", "test", "prod"))))
    lane.start()
    for _ in range(failing):
        lane.finish("e1")
    lane.finish("e1", ok=False)
    assert [effect.attempt for effect in lane.orders if isinstance(effect, StartAction)] == [2]
    assert lane["e1"].current.auto_retries == 1


def test_c21_a_retry_of_failed_actions_has_the_abandoned_ones_too() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"))))
    lane.start()
    lane.finish("e1", "a")
    lane.stop(abandon=True)
    assert lane.actions("e1") == {"build/a": "Succeeded", "build/b": "Abandoned"}
    lane.retry()
    assert lane.started == ["e1/build/b/2"]


def test_ret_4_a_retry_has_the_same_revision_and_the_same_values() -> None:
    asked: Pipeline = pipeline(stage("build", approve("go")))
    lane = Lane(asked)
    lane.start()
    before = lane["e1"]
    lane.expire("e1", "go")
    lane.retry()
    now = lane["e1"]
    assert (now.revision, now.variables, now.definition) == (before.revision, before.variables, before.definition)
