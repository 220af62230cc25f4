"""What people do to executions: approve, reject, stop, retry, hold. Rule ids are the codepipeline reference's."""

from typing import Any

import pytest

from bot.core.approval import same_person
from bot.core.effects import AbandonAction, Acknowledge, Refuse, RemindAt, WakeAt
from bot.core.refusal import RefusalReason
from bot.model.approval import Verdict
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pipeline import DAY, Mode, RetryMode
from tests.core.lane import ADA, BEN, REPOSITORY, Lane, approve, pipeline, run, stage

COMMENT = CommentRef(REPOSITORY, Thread(ThreadKind.PULL_REQUEST, "1"), "99")


def gated(author: Person | None = ADA, **how: Any) -> Lane:
    """A build, then a stage with an approval before its work; the approval waits."""
    lane = Lane(pipeline(stage("build"), stage("prod", approve("go", **how), run("deploy", 2))))
    lane.start(author=author)
    lane.finish("e1")
    return lane


def refusal(lane: Lane) -> RefusalReason | None:
    return lane.last.refusal.reason if lane.last.refusal else None


def test_apr_2_7_an_approval_waits_with_a_deadline_of_seven_days() -> None:
    lane = gated()
    assert lane.orders == [
        WakeAt("e1", "prod", "go", 1, lane.now + 7 * DAY),
        RemindAt("e1", "prod", "go", 1, 1, lane.now + 3.5 * DAY),
        RemindAt("e1", "prod", "go", 1, 2, lane.now + 6 * DAY),
    ]
    assert lane["e1"].current.action("go").deadline == lane.now + 7 * DAY


def test_apr_4_approved_goes_on_and_keeps_the_words() -> None:
    lane = gated()
    lane.answer(words="looks good", comment=COMMENT)
    assert lane.started == ["e1/prod/deploy/1"]
    answer = lane["e1"].current.action("go").answers[0]
    assert (answer.by, answer.verdict, answer.words) == (BEN, Verdict.APPROVED, "looks good")
    assert Acknowledge(COMMENT) in lane.orders


def test_apr_4_rejected_fails_the_execution_with_the_reason() -> None:
    lane = gated()
    lane.answer(Verdict.REJECTED, words="not on a Friday")
    assert lane.status("e1") == "Failed"
    assert lane["e1"].summary == "prod/go failed: rejected by ben: not on a Friday"


def test_a_rejection_is_not_retried_automatically() -> None:
    lane = Lane(pipeline(stage("prod", approve("go"), retry=RetryMode.FAILED_ACTIONS)))
    lane.start()
    lane.answer(Verdict.REJECTED)
    assert lane.status("e1") == "Failed"


def test_apr_3_the_words_are_kept_up_to_512_characters() -> None:
    lane = gated()
    lane.answer(words="x" * 600)
    assert len(lane["e1"].current.action("go").answers[0].words) == 512


def test_apr_5_a_second_answer_is_refused_and_exactly_one_wins() -> None:
    lane = gated()
    lane.answer()
    lane.answer(Verdict.REJECTED, by=ADA, stage="prod", comment=COMMENT)
    assert refusal(lane) is RefusalReason.ALREADY_ANSWERED
    assert isinstance(lane.orders[0], Refuse)
    assert lane.where("e1") == "in prod"


def test_apr_6_a_retry_asks_anew() -> None:
    lane = gated()
    lane.answer(Verdict.REJECTED)
    lane.retry()
    run = lane["e1"].current.action("go")
    assert (run.attempt, run.answers) == (2, ())
    lane.expire("e1", "go", attempt=1)
    assert lane.where("e1") == "in prod", "the first attempt's deadline is not the second's"
    lane.expire("e1", "go", attempt=2)
    assert lane.status("e1") == "Failed"


def test_apr_7_no_answer_in_time_fails() -> None:
    lane = gated()
    lane.expire("e1", "go")
    assert lane.status("e1") == "Failed"
    assert "nobody answered in time" in lane["e1"].summary


def test_apr_8_without_by_write_access_is_needed() -> None:
    lane = gated()
    lane.answer(role=Role.READ)
    assert refusal(lane) is RefusalReason.NOT_ALLOWED
    lane.answer(role=Role.WRITE)
    assert refusal(lane) is None


def test_apr_8_with_by_only_those_named_decide_whatever_their_role() -> None:
    lane = gated(by=("user:ada", "team:acme/release"))
    lane.answer(role=Role.ADMIN, principals=())
    assert refusal(lane) is RefusalReason.NOT_AN_APPROVER
    lane.answer(role=Role.READ, principals=("team:acme/release",))
    assert refusal(lane) is None


def test_apr_11_the_author_can_be_barred_from_approving_but_not_from_rejecting() -> None:
    lane = gated(self_approval=False)
    lane.answer(by=ADA)
    assert refusal(lane) is RefusalReason.OWN_CHANGE
    lane.answer(Verdict.REJECTED, by=ADA)
    assert lane.status("e1") == "Failed"


def test_apr_11_where_the_author_is_not_known_nobody_can_be_told_apart_from_them() -> None:
    lane = gated(self_approval=False, author=None)
    lane.answer(by=BEN)
    assert refusal(lane) is RefusalReason.AUTHOR_UNKNOWN
    lane.answer(Verdict.REJECTED, by=BEN)
    assert lane.status("e1") == "Failed"
    lane = gated(author=None)
    lane.answer(by=BEN)
    assert refusal(lane) is None


def test_the_author_may_approve_unless_the_file_says_otherwise() -> None:
    lane = gated()
    lane.answer(by=ADA)
    assert refusal(lane) is None


def test_apr_11_an_answer_binds_to_the_commit_that_waits() -> None:
    lane = gated()
    lane.answer(head="f" * 40)
    assert refusal(lane) is RefusalReason.STALE
    lane.answer(head=lane["e1"].revision.commit)
    assert refusal(lane) is None


def test_several_approvals_need_several_people() -> None:
    lane = gated(count=2)
    lane.answer()
    assert lane.where("e1") == "in prod"
    assert lane.started == []
    lane.answer()
    assert refusal(lane) is RefusalReason.ANSWERED_TWICE
    lane.answer(by=Person("BEN", ""))
    assert refusal(lane) is RefusalReason.ANSWERED_TWICE, "a login's case makes nobody else of them"
    lane.answer(by=ADA)
    assert lane.started == ["e1/prod/deploy/1"]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("", RefusalReason.SEVERAL_WAIT),
        ("prod", RefusalReason.SEVERAL_WAIT),
        ("dev", RefusalReason.NOTHING_WAITS_THERE),
    ],
)
def test_an_answer_must_be_clear_about_which_approval_it_means(named: str, expected: RefusalReason) -> None:
    lane = Lane(pipeline(stage("prod", approve("legal"), approve("ops"))))
    lane.start()
    lane.answer(stage=named)
    assert refusal(lane) is expected
    lane.answer(stage="prod", action="ops")
    assert refusal(lane) is None


def test_an_answer_when_nothing_waits_is_refused() -> None:
    lane = Lane(pipeline(stage("build")))
    lane.start()
    lane.answer()
    assert refusal(lane) is RefusalReason.NOTHING_WAITS


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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person("ada", "1"), Person("renamed", "1"), True),
        (Person("ada", "1"), Person("ada", "2"), False),
        (Person("ada", "1"), Person("Ada", ""), True),
        (Person("ada", "1"), None, False),
    ],
)
def test_apr_11_people_are_told_apart_by_id_and_by_login_only_where_one_has_none(
    one: Person, other: Person | None, same: bool
) -> None:
    """A login that has changed hands is somebody else's."""
    assert same_person(one, other) is same


def test_trn_2_stp_5_reasons_are_kept_as_far_as_anybody_reads() -> None:
    lane = gated()
    lane.hold("prod", "h" * 999)
    hold = lane.state.slots["prod"].hold
    assert hold is not None
    assert hold.reason == "h" * 300
    lane.stop(reason="s" * 999)
    assert lane["e1"].summary == f"stopped by ben: {'s' * 200}"


def test_trn_5_thirty_days_to_the_second_are_not_too_long() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod"), mode=Mode.QUEUED))
    lane.hold("prod")
    for execution in (lane.start(), lane.start()):
        lane.finish(execution)
        lane.now += 1
    wait = lane["e2"].wait
    assert wait is not None
    lane.now = wait.since + 30 * DAY - 1
    lane.release("prod")
    assert [lane.where(e) for e in ("e1", "e2")] == ["Stopped", "in prod"]


def test_trn_3_a_hold_leaves_alone_who_is_inside() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod")))
    lane.start()
    lane.finish("e1")
    lane.hold("prod", "freeze")
    lane.finish("e1")
    assert lane.status("e1") == "Succeeded"
