"""Approvals: who may decide, once and for which commit; then holds, and the reasons that people give."""

import pytest

from bot.core.approval import same_person
from bot.core.effects import Acknowledge, Refuse, RemindAt, WakeAt
from bot.core.refusal import RefusalReason
from bot.model.approval import Verdict
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pipeline import DAY, Mode, RetryMode
from tests.core.gated import gated, refusal
from tests.core.lane import ADA, BEN, REPOSITORY, Lane, approve, pipeline, stage

COMMENT = CommentRef(REPOSITORY, Thread(ThreadKind.PULL_REQUEST, "1"), "99")


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
