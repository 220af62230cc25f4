"""Stops: what ends at once, what may finish, and what comes of it."""

from bot.core.effects import AbandonAction
from bot.core.refusal import RefusalReason
from bot.model.pipeline import Mode, RetryMode
from tests.core.gated import gated, refusal
from tests.core.lane import Lane, pipeline, run, stage


def test_section_13_stop_and_wait_lets_the_action_finish_and_starts_nothing_more() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b", 2)), stage("prod")))
    lane.start()
    lane.stop(reason="wrong branch")
    assert lane.status("e1") == "Stopping"
    lane.stop()
    assert refusal(lane) is RefusalReason.ALREADY_STOPPING
    lane.finish("e1", "a")
    assert lane.status("e1") == "Stopped"
    assert lane.actions("e1")["build/b"] == "NotStarted"
    assert lane["e1"].summary == "stopped by ben: wrong branch"


def test_st_1_stop_and_wait_with_a_failing_action_ends_failed() -> None:
    """C13."""
    lane = Lane(pipeline(stage("build")))
    lane.start()
    lane.stop()
    lane.finish("e1", ok=False)
    assert lane.status("e1") == "Failed"


def test_ret_15_a_stage_being_stopped_is_not_retried_automatically() -> None:
    lane = Lane(pipeline(stage("build", retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.stop()
    lane.finish("e1", ok=False)
    assert lane.status("e1") == "Failed"


def test_section_13_abandon_kills_at_once_also_when_already_stopping() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"))))
    lane.start()
    lane.stop()
    lane.stop(abandon=True)
    assert lane.status("e1") == "Stopped"
    assert lane.orders == [AbandonAction("e1", "build", "a", 1), AbandonAction("e1", "build", "b", 1)]
    assert set(lane.actions("e1").values()) == {"Abandoned"}


def test_stp_2_stopping_lets_the_next_one_in() -> None:
    lane = Lane(pipeline(stage("build"), mode=Mode.QUEUED))
    lane.start()
    lane.start()
    lane.stop(abandon=True, execution="e1")
    assert (lane.where("e1"), lane.where("e2")) == ("Stopped", "in build")


def test_stop_without_a_name_stops_everything_that_runs_in_the_lane() -> None:
    lane = Lane(pipeline(stage("build"), mode=Mode.QUEUED))
    lane.start()
    lane.start()
    lane.stop(abandon=True)
    assert [lane.where(e) for e in ("e1", "e2")] == ["Stopped", "Stopped"]
    assert lane.started == [], "whoever waits is stopped first, so nothing slips in"


def test_stp_1_nothing_running_cannot_be_stopped() -> None:
    lane = Lane(pipeline(stage("build")))
    lane.stop()
    assert refusal(lane) is RefusalReason.NOTHING_RUNS


def test_stp_4_a_waiting_approval_counts_as_running() -> None:
    """STG-2: and it keeps the stage taken."""
    lane = gated()
    lane.stop()
    assert lane.status("e1") == "Stopping"
    lane.answer()
    assert lane.status("e1") == "Stopped"
    assert lane.actions("e1")["prod/deploy"] == "NotStarted"


def test_inb_1_a_stopped_inbound_execution_neither_enters_nor_can_be_retried() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod")))
    lane.hold("prod")
    lane.start()
    lane.finish("e1")
    lane.stop()
    assert lane.status("e1") == "Stopped"
    lane.release("prod")
    assert lane.started == []
    lane.retry()
    assert refusal(lane) is RefusalReason.NOTHING_TO_RETRY
