"""The live state of lanes and environments, as every store keeps it."""

import asyncio
import math
from dataclasses import replace

import pytest

from bot.core.effects import AnswerClaim
from bot.core.events import StopRequested
from bot.model.environment import Claimant, EnvironmentKey, EnvironmentState
from bot.model.lane import LaneState
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import Commit, ConcurrentChange, EnvironmentCommit, ExecutionFilter, Store
from tests.stores.told import REPOSITORY, Told, commit_of, lane_key, pipeline

PULL = Ref(RefKind.PULL_REQUEST, "3")
OTHER = Repository("github", "9", "acme/site")


async def test_a_new_lane_is_empty(store: Store) -> None:
    assert await store.load_lane(lane_key()) == LaneState(lane_key())


async def test_a_lane_is_loaded_as_it_was_committed(told: Told, store: Store) -> None:
    lane = lane_key()
    first = await told.start(lane)
    await told.finish(lane, first.id, "build")
    await told.hold(lane, "prod")
    await told.start(lane, pipeline("web", "build", "test"))
    assert await store.load_lane(lane) == told.states[lane.id]
    assert {p.digest for p in (await store.load_lane(lane)).definitions.values()} == {
        "web-build-prod",
        "web-build-test",
    }


async def test_lanes_do_not_see_each_other(told: Told, store: Store) -> None:
    for lane in (lane_key(), lane_key(PULL), lane_key(name="docs"), lane_key(repository=OTHER)):
        await told.start(lane)
    for lane in (lane_key(), lane_key(PULL), lane_key(name="docs"), lane_key(repository=OTHER)):
        assert await store.load_lane(lane) == told.states[lane.id]


async def test_a_renamed_repository_keeps_its_lanes(told: Told, store: Store) -> None:
    started = await told.start(lane_key())
    renamed = lane_key(repository=replace(REPOSITORY, full_name="acme/new"))
    loaded = await store.load_lane(renamed)
    assert loaded.key == renamed
    assert list(loaded.executions) == [started.id]


async def test_a_lane_takes_an_event_once_and_then_writes_nothing(told: Told, store: Store) -> None:
    lane = lane_key()
    event = told.starting(lane)
    _, (entry, *_) = await told.tell(lane, event)
    await store.settle_effect(entry.key, entry.stamp)
    before = await store.pending_effects(math.inf)

    again = commit_of(lane, event, told.states[lane.id])
    assert await store.commit(again) is None
    assert await store.load_lane(lane) == told.states[lane.id]
    assert await store.pending_effects(math.inf) == before
    assert len(await store.history(event.execution)) == 1


async def test_an_event_id_belongs_to_one_lane(told: Told) -> None:
    first = told.starting(lane_key())
    await told.tell(lane_key(), first)
    second = replace(told.starting(lane_key(PULL)), id=first.id)
    await told.tell(lane_key(PULL), second)


async def test_a_decision_on_what_is_no_longer_so_is_refused_whole(told: Told, store: Store) -> None:
    lane = lane_key()
    stale = await store.load_lane(lane)
    await told.start(lane)
    outbox = await store.pending_effects(math.inf)
    late = told.starting(lane)
    with pytest.raises(ConcurrentChange):
        await store.commit(commit_of(lane, late, stale, settles=(outbox[0].key,)))

    assert await store.load_lane(lane) == told.states[lane.id]
    assert await store.pending_effects(math.inf) == outbox
    assert await store.history(late.execution) == []
    assert await store.execution(late.execution) is None
    assert await store.commit(commit_of(lane, late, await store.load_lane(lane))) is not None


async def test_a_change_of_a_hold_alone_is_noticed(told: Told, store: Store) -> None:
    lane = lane_key()
    await told.start(lane)
    stale = told.states[lane.id]
    await told.hold(lane, "prod")
    with pytest.raises(ConcurrentChange):
        await store.commit(commit_of(lane, told.starting(lane), stale))


async def test_of_two_decisions_on_the_same_state_at_once_one_is_written(told: Told, store: Store) -> None:
    lane = lane_key()
    await told.start(lane)
    commits = [commit_of(lane, told.starting(lane), await store.load_lane(lane)) for _ in range(2)]
    results = await asyncio.gather(*map(store.commit, commits), return_exceptions=True)
    assert [type(result) for result in results].count(ConcurrentChange) == 1


async def test_a_state_that_was_loaded_again_and_is_the_same_is_as_good(told: Told, store: Store) -> None:
    lane = lane_key()
    await told.start(lane)
    loaded = await store.load_lane(lane)
    await store.load_lane(lane)
    assert await store.commit(commit_of(lane, told.starting(lane), loaded)) is not None


async def test_a_decision_that_changes_nothing_is_remembered(told: Told, store: Store) -> None:
    lane = lane_key()
    event = StopRequested("stop", 5.0, abandon=False)
    state = LaneState(lane)
    assert await store.commit(Commit(lane, event, state, state, ())) == []
    assert await store.commit(Commit(lane, event, state, state, ())) is None
    assert await store.load_lane(lane) == state


async def test_a_retired_execution_is_kept_as_it_ended_and_is_not_live(told: Told, store: Store) -> None:
    """SUP-2: the newer one takes the older one's place at a stage that is held."""
    lane = lane_key()
    await told.hold(lane, "build")
    await told.start(lane)
    decision, _ = await told.tell(lane, told.starting(lane))
    (ended,) = decision.retired
    assert list((await store.load_lane(lane)).executions) == ["x2"]
    assert await store.execution(ended.id) == (ended, pipeline())
    assert [execution.id for execution in await store.executions(ExecutionFilter(live=True), 9)] == ["x2"]
    assert [execution.id for execution in await store.executions(ExecutionFilter(), 9)] == ["x2", "x1"]


async def test_an_execution_that_left_the_state_does_not_come_back(told: Told, store: Store) -> None:
    """Also when nobody said that it is retired."""
    lane = lane_key()
    started = await told.start(lane)
    event = StopRequested("stop", 5.0, abandon=False)
    await store.commit(Commit(lane, event, told.states[lane.id], LaneState(lane), ()))
    assert await store.load_lane(lane) == LaneState(lane)
    assert await store.execution(started.id) is not None


async def test_an_environment_is_nobodys_until_it_is_claimed_and_changes_only_from_what_it_was(store: Store) -> None:
    key = EnvironmentKey(REPOSITORY, "production")
    empty = await store.load_environment(key)
    assert empty == EnvironmentState(key)

    line = (Claimant("x1/1", lane_key(), "x1", 1), Claimant("x2/1", lane_key(PULL), "x2", 2))
    taken = EnvironmentState(key, line, 1)
    answer = AnswerClaim(line[1].lane, "x2", "production", "x2/1", 1, granted=False, holder=line[0].shown, ahead=0)
    [entry] = await store.commit_environment(EnvironmentCommit(empty, taken, (answer,)))
    assert (entry.effect, entry.key) == (answer, "claim:x2/1")
    assert [one.effect for one in await store.pending_effects(1.0)] == [answer]
    assert await store.load_environment(key) == taken
    assert await store.load_environment(EnvironmentKey(OTHER, "production")) == EnvironmentState(
        EnvironmentKey(OTHER, "production")
    )

    with pytest.raises(ConcurrentChange):
        await store.commit_environment(EnvironmentCommit(empty, EnvironmentState(key, (), 1), ()))
    await store.commit_environment(EnvironmentCommit(taken, EnvironmentState(key, (), 2), ()))
    assert (await store.load_environment(key)).line == ()
