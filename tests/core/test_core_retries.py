"""Retries by hand: which attempts are kept, and when a retry is refused."""

from bot.core.refusal import RefusalReason
from bot.model.approval import Verdict
from bot.model.pipeline import RetryMode
from tests.core.gated import refusal
from tests.core.lane import Lane, approve, pipeline, run, stage


def test_ret_1_2_a_retry_of_failed_actions_keeps_the_execution_and_what_succeeded() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"), run("c", 2))))
    lane.start()
    lane.finish("e1", "a")
    lane.finish("e1", "b", ok=False)
    lane.retry()
    assert lane.started == ["e1/build/b/2"]
    assert (lane.status("e1"), lane["e1"].attempts) == ("InProgress", 2)
    lane.finish("e1", "b")
    assert lane.started == ["e1/build/c/1"]


def test_ret_1_attempts_that_a_retry_replaces_are_remembered_as_they_ended() -> None:
    lane = Lane(pipeline(stage("prod", approve("go"), run("a", 2))))
    lane.start()
    lane.answer(Verdict.REJECTED, words="not today")
    lane.retry()
    lane.answer(words="now it is good")
    lane.finish("e1", "a", ok=False, summary="exit status 1")
    lane.retry(RetryMode.ALL_ACTIONS)
    lane.stop(abandon=True)
    lane.retry()
    told = [(run.name, run.attempt, run.status, run.summary) for run in lane["e1"].current.past]
    assert told == [
        ("go", 1, "Failed", "rejected by ben: not today"),
        ("go", 2, "Succeeded", "now it is good"),
        ("a", 1, "Failed", "exit status 1"),
        ("go", 3, "Abandoned", ""),
    ]
    assert [answer.words for answer in lane["e1"].current.past[0].answers] == ["not today"]
    assert lane["e1"].current.action("go").attempt == 4


def test_ret_1_an_automatic_retry_remembers_the_attempt_that_ended_with_it() -> None:
    lane = Lane(pipeline(stage("build", run("a"), retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.finish("e1", "a", ok=False, summary="exit status 1")
    assert [(run.attempt, run.status, run.summary) for run in lane["e1"].current.past] == [
        (1, "Failed", "exit status 1")
    ]


def test_ret_1_whoever_retries_without_end_does_not_make_the_record_grow_without_end() -> None:
    lane = Lane(pipeline(stage("build", run("a"))))
    lane.start()
    for _ in range(120):
        lane.finish("e1", "a", ok=False)
        lane.retry()
    assert [run.attempt for run in lane["e1"].current.past] == list(range(21, 121))


def test_ret_2_failed_actions_can_be_retried_while_siblings_run() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b"))))
    lane.start()
    lane.finish("e1", "a", ok=False)
    lane.retry()
    assert lane.started == ["e1/build/a/2"]
    lane.finish("e1", "a", ok=False)
    lane.retry(RetryMode.ALL_ACTIONS)
    assert refusal(lane) is RefusalReason.ACTIONS_RUNNING


def test_ret_3_all_actions_begins_the_stage_anew() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b", 2))))
    lane.start()
    lane.finish("e1", "a")
    lane.finish("e1", "b", ok=False)
    lane.retry(RetryMode.ALL_ACTIONS)
    assert lane.started == ["e1/build/a/2"]
    assert lane.actions("e1") == {"build/a": "InProgress", "build/b": "NotStarted"}


def test_ret_5_once_overtaken_a_retry_is_refused() -> None:
    lane = Lane(pipeline(stage("build")))
    lane.start()
    lane.finish("e1", ok=False)
    lane.start()
    lane.retry(execution="e1")
    assert refusal(lane) is RefusalReason.NOTHING_TO_RETRY


def test_stp_3_a_stopped_execution_can_be_retried_in_its_stage() -> None:
    lane = Lane(pipeline(stage("build")))
    lane.start()
    lane.stop(abandon=True)
    lane.retry()
    assert lane.started == ["e1/build/work/2"]


def test_sup_4_a_retried_older_execution_that_comes_behind_a_newer_one_is_superseded() -> None:
    """C7."""
    lane = Lane(pipeline(stage("build"), stage("prod")))
    lane.hold("prod")
    lane.start()
    lane.finish("e1", ok=False)
    lane.hold("build")
    lane.retry()
    assert lane.where("e1") == "in build"
    lane.release("build")
    lane.start()
    lane.finish("e1")
    assert lane.where("e1") == "waits for prod"
    lane.finish("e2")
    assert (lane.where("e1"), lane.where("e2")) == ("Superseded", "waits for prod")
