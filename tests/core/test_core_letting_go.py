"""Deployments that wait, and are let go on (appspec reference, BGR-3 and BGR-4)."""

import pytest

from bot.core.effects import Acknowledge, Refuse, StartAction
from bot.core.refusal import Refusal, RefusalReason
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait, LetGo, Merge, WaitType
from bot.model.host_event import CommentRef, Thread, ThreadKind
from tests.core.lane import BEN, REPOSITORY, Lane, pipeline, run, stage

COMMENT = CommentRef(REPOSITORY, Thread(ThreadKind.PULL_REQUEST, "1"), "99")
READY = DeploymentWait(WaitType.READY, 9000.0, stops=True)
MERGE = DeploymentWait(WaitType.MERGE, 9000.0, stops=True, merge=Merge("acme/env", 7))


def waiting() -> Lane:
    lane = Lane(pipeline(stage("prod", run("east"), run("west"))))
    lane.start()
    lane.wait_to_go_on("e1", "east", READY)
    return lane


def again(lane: Lane, action: str, at: float, began: float) -> StartAction:
    return StartAction("e1", "prod", action, 1, Continuation(at, began, lane.now))


def test_bgr_3_the_order_to_go_on_comes_with_the_wait() -> None:
    lane = waiting()
    assert lane.orders == [again(lane, "east", 9000.0, lane.now)]
    assert lane["e1"].current.action("east").waits == READY


def test_bgr_4_let_go_it_is_ordered_at_once_in_the_place_of_the_later_order() -> None:
    lane = waiting()
    later, began = lane.orders[0], lane.now
    assert isinstance(later, StartAction)
    lane.let_go(comment=COMMENT)
    assert lane.orders == [again(lane, "east", lane.now, began), Acknowledge(COMMENT)]
    assert [effect.key for effect in lane.orders if isinstance(effect, StartAction)] == [later.key]
    gone = lane["e1"].current.action("east")
    assert (gone.waits, gone.let_go) == (None, (LetGo(WaitType.READY, BEN, lane.now),))
    lane.let_go(comment=COMMENT)
    assert [type(effect) for effect in lane.orders] == [Refuse]


def test_bgr_4_each_wait_is_let_go_by_itself_and_a_retry_waits_anew() -> None:
    lane = waiting()
    lane.let_go()
    lane.wait_to_go_on("e1", "east", DeploymentWait(WaitType.TERMINATION, 9500.0))
    lane.let_go(action="east")
    assert [one.type for one in lane["e1"].current.action("east").let_go] == [WaitType.READY, WaitType.TERMINATION]
    lane.finish("e1", "east", ok=False)
    lane.finish("e1", "west")
    lane.retry()
    assert lane["e1"].current.action("east").let_go == ()


@pytest.mark.parametrize(
    ("meant", "reason"),
    [
        ({"action": "west"}, RefusalReason.NOTHING_TO_CONTINUE),
        ({"stage": "dev"}, RefusalReason.NOTHING_TO_CONTINUE),
        ({"execution": "e2"}, RefusalReason.NOTHING_TO_CONTINUE),
    ],
)
def test_bgr_4_what_does_not_wait_is_not_let_go(meant: dict[str, str], reason: RefusalReason) -> None:
    lane = waiting()
    refused = lane.let_go(**meant).refusal
    assert refused is not None
    assert refused.reason is reason


def test_bgr_4_of_two_that_wait_one_is_named() -> None:
    lane = waiting()
    lane.wait_to_go_on("e1", "west", READY)
    refused = lane.let_go().refusal
    assert refused is not None
    assert (refused.reason, refused.details["choices"]) == (RefusalReason.SEVERAL_TO_CONTINUE, "prod/east, prod/west")
    assert lane.let_go(action="west").refusal is None


def test_a_merge_is_waited_for_where_it_is_to_be_seen_and_no_command_stands_for_it() -> None:
    lane = Lane(pipeline(stage("prod", run("east"), run("west"))))
    lane.start()
    lane.wait_to_go_on("e1", "east", MERGE, external_url="https://git.example.test/7")
    waits = lane["e1"].current.action("east")
    assert (waits.waits, waits.external_url) == (MERGE, "https://git.example.test/7")
    refused = lane.let_go().refusal
    merge = {"stage": "prod", "action": "east", "merge": "pull request #7 of acme/env"}
    assert refused == Refusal(RefusalReason.MERGE_AWAITED, merge)
    assert lane["e1"].current.action("east") == waits

    assert (refused := lane.let_go(action="west").refusal) is not None
    assert refused.reason is RefusalReason.NOTHING_TO_CONTINUE
    lane.wait_to_go_on("e1", "west", READY)
    assert lane.let_go().refusal is None
    assert [one.type for one in lane["e1"].current.action("west").let_go] == [WaitType.READY]


def test_what_goes_on_by_itself_by_now_is_no_more_let_go() -> None:
    """It would be the next wait that is ended."""
    lane = waiting()
    lane.now = READY.until - 1
    refused = lane.let_go().refusal
    assert refused is not None
    assert refused.reason is RefusalReason.NOTHING_TO_CONTINUE


def test_what_is_abandoned_waits_no_more_and_an_attempt_that_is_over_does_not_either() -> None:
    lane = waiting()
    lane.stop(abandon=True)
    assert lane["e1"].stages[0].action("east").waits is None
    lane.wait_to_go_on("e1", "east", READY)
    assert lane.orders == []
