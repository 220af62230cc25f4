"""Effects that wait to be performed, and what was last reported, as every store keeps them."""

import math
from dataclasses import replace

from bot.core.effects import Acknowledge, Report, StartAction, WakeAt
from bot.core.events import ActionFinished, StopRequested
from bot.model.continuation import Continuation
from bot.model.execution import ActionStatus
from bot.model.failing import Failing
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.lane import LaneState
from bot.ports import Commit, Reported, Store
from tests.stores.told import REPOSITORY, Told, approval, lane_key


def wake(at: float, action: str = "ask") -> WakeAt:
    return WakeAt("x1", "prod", action, 1, at)


async def test_a_commit_hands_back_its_effects_as_they_are_in_the_outbox(told: Told, store: Store) -> None:
    decision, entries = await told.tell(lane_key(), told.starting(lane_key(), approval()))
    assert [entry.effect for entry in entries] == list(decision.effects)
    assert list(entries) == await store.pending_effects(math.inf)
    assert {entry.lane for entry in entries} == {lane_key().id}
    assert {entry.attempts for entry in entries} == {0}


async def test_a_wake_is_due_at_its_time_and_everything_else_at_once(store: Store) -> None:
    ordered = await store.enqueue([wake(50.0), Report("x1"), wake(60.0, "later")])
    assert [entry.due for entry in ordered] == [50.0, 0.0, 60.0]
    assert [entry.effect for entry in await store.pending_effects(50.0)] == [Report("x1")]
    assert [entry.effect for entry in await store.pending_effects(50.1)] == [wake(50.0), Report("x1")]
    assert await store.pending_effects(math.inf) == list(ordered)


async def test_an_effect_ordered_anew_replaces_the_old_order_and_goes_to_the_end(store: Store) -> None:
    (old,) = await store.enqueue([Report("x1")])
    (other,) = await store.enqueue([Report("x2")])
    (new,) = await store.enqueue([Report("x1")])
    assert new.stamp != old.stamp
    assert await store.pending_effects(math.inf) == [other, new]

    assert not await store.settle_effect(old.key, old.stamp)
    assert await store.pending_effects(math.inf) == [other, new]
    assert await store.settle_effect(new.key, new.stamp)
    assert await store.settle_effect(new.key, new.stamp)
    assert await store.pending_effects(math.inf) == [other]


async def test_a_stamp_is_not_used_again_after_its_effect_was_settled(store: Store) -> None:
    stamps = set()
    for _ in range(5):
        (entry,) = await store.enqueue([Report("x1")])
        stamps.add(entry.stamp)
        await store.settle_effect(entry.key, entry.stamp)
    assert len(stamps) == 5


async def test_of_two_effects_with_one_key_in_one_order_the_last_counts(store: Store) -> None:
    ordered = await store.enqueue([wake(50.0), Report("x1"), wake(70.0)])
    assert sorted(entry.due for entry in ordered) == [0.0, 70.0]
    assert sorted(entry.due for entry in await store.pending_effects(math.inf)) == [0.0, 70.0]


async def test_a_commit_takes_out_what_it_settles(told: Told, store: Store) -> None:
    lane = lane_key()
    started, entries = await told.tell(lane, told.starting(lane))
    begin = next(entry for entry in entries if entry.key.startswith("start:"))
    (execution,) = started.state.executions
    event = ActionFinished("done", 9.0, execution, "build", "work", 1, ActionStatus.SUCCEEDED, 8.0)
    await told.tell(lane, event, settles=(begin.key, "never ordered"))
    assert begin.key not in {entry.key for entry in await store.pending_effects(math.inf)}


async def test_what_a_commit_settles_and_orders_anew_stays_ordered(told: Told, store: Store) -> None:
    lane = lane_key()
    event = StopRequested("stop", 5.0, abandon=False)
    state = LaneState(lane)
    await store.enqueue([Report("x1")])
    ordered = await store.commit(Commit(lane, event, state, state, (Report("x1"),), settles=("report:x1",)))
    assert ordered is not None
    assert await store.pending_effects(math.inf) == list(ordered)


async def test_a_postponed_effect_is_due_later_with_one_more_failure(store: Store) -> None:
    (old,) = await store.enqueue([Report("x1")])
    await store.postpone_effect(old.key, old.stamp, 30.0, 1)
    assert await store.pending_effects(30.0) == []
    assert await store.pending_effects(math.inf) == [replace(old, due=30.0, attempts=1)]

    (new,) = await store.enqueue([Report("x1")])
    await store.postpone_effect(old.key, old.stamp, 90.0, 2)
    assert await store.pending_effects(math.inf) == [new]
    await store.postpone_effect("never ordered", 1, 90.0, 2)


async def test_effects_of_no_lane_name_none(store: Store) -> None:
    comment = CommentRef(REPOSITORY, Thread(ThreadKind.PULL_REQUEST, "3"), "55")
    (entry,) = await store.enqueue([Acknowledge(comment)])
    assert entry.lane == ""
    assert await store.enqueue([]) == []


async def test_what_was_reported_is_found_by_key(store: Store) -> None:
    assert await store.reported(["a"]) == {}
    await store.set_reported({"a": Reported("1"), "b": Reported("2", "77")})
    await store.set_reported({"a": Reported("3", "78")})
    await store.set_reported({})
    assert await store.reported(["a", "b", "c"]) == {"a": Reported("3", "78"), "b": Reported("2", "77")}
    assert await store.reported([]) == {}


async def test_how_often_an_action_has_failed_outlives_the_bot(store: Store) -> None:
    effect = StartAction("x1", "build", "unit", 1, failing=Failing(since=1.5, at=9.0, tries=3))
    await store.enqueue([effect])
    [entry] = await store.pending_effects(math.inf)
    assert (entry.effect, entry.due) == (effect, 9.0)
    await store.enqueue([replace(effect, again=Continuation(20.0, 1.0, 1.0))])
    [entry] = await store.pending_effects(math.inf)
    assert entry.due == 20.0, "not before what it waits for"
