"""What every store must do, on the SQL store and on the one in memory alike."""

import asyncio
import math
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product, starmap
from pathlib import Path

import pytest

from bot.core.effects import Acknowledge, AnswerClaim, Report, WakeAt
from bot.core.events import ActionFinished, RollbackRequested, StartRequested, StopRequested
from bot.model.annotation import Annotation, AnnotationsRecord, Severity
from bot.model.batch import BatchPhase, BatchRun, BuildRun, BuildStatus
from bot.model.cache import CacheEntry
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.environment import Claimant, EnvironmentKey, EnvironmentState
from bot.model.execution import ActionStatus, Execution, ExecutionStatus, LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.intake import Intake, Judgement
from bot.model.lane import LaneState
from bot.model.object_deployment import WrittenObject, WrittenObjects
from bot.model.repository import Ref, RefKind, Repository
from bot.model.results import Case, CaseStatus, Counts, ReportGroup, Results, ResultsRecord
from bot.model.server_deployment import Bundle, DeploymentStatus, ServerDeployment
from bot.ports import Commit, ConcurrentChange, EnvironmentCommit, ExecutionFilter, Reported, Settled, Store
from bot.stores import schema
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from tests.stores.told import ADA, MAIN, REPOSITORY, Told, add, approval, commit_of, delivery, lane_key, pipeline

PULL = Ref(RefKind.PULL_REQUEST, "3")
OTHER = Repository("github", "9", "acme/site")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema: copying it is cheaper than making it again."""
    file = tmp_path_factory.mktemp("store") / "empty.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["memory", "sql"])
async def store(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    shutil.copy(migrated, tmp_path / "penstock.db")
    opened = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")
    yield opened
    await opened.close()


@pytest.fixture
def told(store: Store) -> Told:
    return Told(store)


# --- deliveries ---


async def test_a_delivery_is_handed_out_as_it_came_until_it_is_settled(store: Store) -> None:
    first = Delivery("github", "1", {"x-github-event": "push", "content-type": "a; b=ü"}, b"\x00\xff{}", 1.25)
    second, third = delivery("0"), delivery("2", body=b"")
    for each in (first, second, third):
        assert await add(store, each)
    assert await store.pending_deliveries() == [first, second, third]

    await store.settle_deliveries([Settled(first.key, DeliveryOutcome.DONE)])
    await store.settle_deliveries([Settled(third.key, DeliveryOutcome.IGNORED, "Nobody asked.")])
    assert await store.pending_deliveries() == [second]
    await store.settle_deliveries([Settled(second.key, DeliveryOutcome.FAILED, "It broke.")])
    assert await store.pending_deliveries() == []


async def test_a_delivery_is_settled_with_the_effects_that_answer_it(store: Store) -> None:
    first, second = delivery("1"), delivery("2")
    for each in (first, second):
        await add(store, each)
    await store.enqueue([Report("x1")], first.key)
    assert await store.pending_deliveries() == [second]
    assert await store.enqueue([], second.key) == []
    assert await store.pending_deliveries() == []
    assert [entry.key for entry in await store.pending_effects(math.inf)] == ["report:x1"]


async def test_a_lane_knows_what_it_was_told_also_what_it_declined(store: Store, told: Told) -> None:
    lane = lane_key()
    assert not await store.told(lane, "e1")
    await told.start(lane)
    declined, _ = await told.tell(lane, StopRequested("stop", 2000.0, abandon=False, execution="nobody"))
    assert declined.refusal is not None
    assert await store.told(lane, "e1")
    assert await store.told(lane, "stop")
    assert not await store.told(lane, "sto")
    assert not await store.told(lane_key(PULL), "e1")


async def test_a_delivery_id_counts_once_a_provider_also_after_it_was_settled(store: Store) -> None:
    assert await add(store, delivery("1"))
    assert not await add(store, delivery("1", body=b"another"))
    assert await add(store, delivery("1", provider="gitlab"))
    await store.settle_deliveries([Settled("github:1", DeliveryOutcome.DONE)])
    assert not await add(store, delivery("1"))
    assert [each.key for each in await store.pending_deliveries()] == ["gitlab:1"]


async def test_of_one_delivery_told_many_times_at_once_one_is_new(store: Store) -> None:
    added = await asyncio.gather(*(add(store, delivery(str(n % 3))) for n in range(60)))
    assert sum(added) == 3
    assert len(await store.pending_deliveries()) == 3


@pytest.mark.parametrize("name", ["a:b:c", "", "ü\u2028", "'; DROP TABLE deliveries; --"])
async def test_a_delivery_id_may_hold_anything(store: Store, name: str) -> None:
    assert await add(store, delivery(name))
    assert not await add(store, delivery(name))
    await store.settle_deliveries([Settled(delivery(name).key, DeliveryOutcome.DONE)])
    assert await store.pending_deliveries() == []


async def test_old_deliveries_are_forgotten_once_they_are_settled(store: Store) -> None:
    for name, at in (("waits", 1.0), ("one", 2.0), ("two", 3.0), ("three", 4.0), ("young", 90.0)):
        await add(store, replace(delivery(name), received_at=at))
    await store.settle_deliveries(
        [
            Settled(delivery(name).key, outcome)
            for name, outcome in product(("one", "two", "three", "young"), (DeliveryOutcome.DONE,))
        ]
    )
    assert await store.forget_deliveries(50.0, 2) == 2
    assert await store.forget_deliveries(50.0, 2) == 1
    assert await store.forget_deliveries(50.0, 2) == 0
    assert not await add(store, delivery("young")), "it is known still"
    assert await add(store, delivery("one")), "it is new again"
    assert [each.id for each in await store.pending_deliveries()] == ["waits", "one"]


async def test_settling_an_unknown_delivery_does_nothing(store: Store) -> None:
    await store.settle_deliveries([Settled("github:unknown", DeliveryOutcome.DONE)])
    assert await add(store, delivery("unknown"))


# --- lanes ---


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


# --- the outbox ---


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


# --- numbers, reports, repositories ---


async def test_numbers_rise_within_a_pipeline(told: Told, store: Store) -> None:
    assert [await store.next_number(REPOSITORY, "web") for _ in range(3)] == [1, 2, 3]
    assert await store.next_number(REPOSITORY, "docs") == 1
    assert await store.next_number(OTHER, "web") == 1
    renamed = replace(REPOSITORY, full_name="acme/new")
    assert await store.next_number(renamed, "web") == 4


async def test_a_number_is_higher_than_all_that_were_committed(told: Told, store: Store) -> None:
    await told.start(lane_key(), number=41)
    assert await store.next_number(REPOSITORY, "web") == 42


async def test_numbers_asked_for_at_once_differ(store: Store) -> None:
    given = await asyncio.gather(*(store.next_number(REPOSITORY, "web") for _ in range(20)))
    assert sorted(given) == list(range(1, 21))


async def test_what_was_reported_is_found_by_key(store: Store) -> None:
    assert await store.reported(["a"]) == {}
    await store.set_reported({"a": Reported("1"), "b": Reported("2", "77")})
    await store.set_reported({"a": Reported("3", "78")})
    await store.set_reported({})
    assert await store.reported(["a", "b", "c"]) == {"a": Reported("3", "78"), "b": Reported("2", "77")}
    assert await store.reported([]) == {}


async def test_the_last_intake_of_a_ref_is_kept(store: Store) -> None:
    first = Intake("a" * 40, "push", 1.0, (Judgement("web", True, "a push to main"),))
    second = Intake("b" * 40, "push", 2.0, problem="No pipeline file.")
    assert await store.intake(REPOSITORY, MAIN) is None
    await store.record_intake(REPOSITORY, MAIN, "main", first)
    await store.record_intake(REPOSITORY, PULL, "main", first)
    await store.record_intake(REPOSITORY, MAIN, "main", second)
    assert await store.intake(REPOSITORY, MAIN) == second
    assert await store.intake(REPOSITORY, PULL) == first
    assert await store.intake(OTHER, MAIN) is None


async def test_a_comment_is_the_first_deliverys_that_brings_it(store: Store) -> None:
    comment = CommentRef(REPOSITORY, Thread(ThreadKind.PULL_REQUEST, "3"), "55")
    assert await store.take_comment(comment, "github:1")
    assert await store.take_comment(comment, "github:1"), "read once more after a crash"
    assert not await store.take_comment(comment, "github:2")
    others = (
        replace(comment, id="56"),
        replace(comment, repository=OTHER),
        replace(comment, thread=Thread(ThreadKind.COMMIT, "c" * 40)),
    )
    assert [await store.take_comment(other, "github:2") for other in others] == [True] * 3


async def test_what_was_heard_of_a_repositorys_refs_and_what_was_only_seen(store: Store) -> None:
    first, second = Intake("c" * 40, "a push", 1.0), Intake("d" * 40, "a pull request", 2.0, caught_up=True)
    assert (await store.heard(REPOSITORY), await store.seen_refs(REPOSITORY)) == ({}, None)
    await store.record_intake(REPOSITORY, MAIN, "main", first)
    await store.record_intake(REPOSITORY, PULL, "main", second)
    await store.record_intake(OTHER, MAIN, "main", second)
    assert await store.heard(REPOSITORY) == {MAIN: first, PULL: second}
    await store.keep_seen_refs(REPOSITORY, {Ref(RefKind.TAG, "v1"): "e" * 40, Ref(RefKind.BRANCH, "a/b"): "f" * 40})
    await store.keep_seen_refs(REPOSITORY, {Ref(RefKind.TAG, "v2"): "e" * 40})
    assert await store.seen_refs(REPOSITORY) == {Ref(RefKind.TAG, "v2"): "e" * 40}
    assert await store.seen_refs(OTHER) is None
    await store.keep_seen_refs(OTHER, {})
    assert await store.seen_refs(OTHER) == {}


async def test_the_intakes_of_a_commit_are_found_whatever_its_refs(store: Store) -> None:
    first, second = Intake("a" * 40, "push", 1.0), Intake("a" * 40, "tag", 2.0)
    await store.record_intake(REPOSITORY, MAIN, "main", first)
    await store.record_intake(REPOSITORY, PULL, "main", second)
    await store.record_intake(OTHER, MAIN, "main", first)
    assert await store.intakes_of(REPOSITORY, "a" * 40) == [second, first]
    assert await store.intakes_of(REPOSITORY, "a" * 39) == []
    assert await store.intakes_of(REPOSITORY, "") == []
    await store.record_intake(REPOSITORY, PULL, "main", Intake("b" * 40, "push", 3.0))
    assert await store.intakes_of(REPOSITORY, "a" * 40) == [first]


async def test_repositories_are_listed_by_name_with_what_was_last_heard(told: Told, store: Store) -> None:
    intake = Intake("a" * 40, "push", 1.0)
    assert await store.repositories() == []
    assert await store.default_branch(REPOSITORY) == ""
    await store.record_intake(REPOSITORY, MAIN, "main", intake)
    await told.start(lane_key(repository=OTHER))
    assert await store.repositories() == [(OTHER, ""), (REPOSITORY, "main")]

    renamed = replace(REPOSITORY, full_name="acme/aaa")
    await store.record_intake(renamed, MAIN, "trunk", intake)
    await told.start(lane_key())
    assert await store.repositories() == [(renamed, "trunk"), (OTHER, "")]
    assert await store.default_branch(REPOSITORY) == "trunk"


async def test_the_lanes_of_a_ref_are_those_that_had_an_execution(told: Told, store: Store) -> None:
    for name in ("web", "docs"):
        await told.start(lane_key(name=name))
    await told.start(lane_key(PULL))
    nothing = lane_key(name="empty")
    await store.commit(Commit(nothing, StopRequested("stop", 5.0, False), LaneState(nothing), LaneState(nothing), ()))
    assert await store.lanes(REPOSITORY, MAIN) == [lane_key(name="docs"), lane_key(name="web")]
    assert await store.lanes(REPOSITORY, PULL) == [lane_key(PULL)]
    assert await store.lanes(OTHER, MAIN) == []


async def test_a_repositorys_lanes_are_paged_by_their_teller(told: Told, store: Store) -> None:
    tag = Ref(RefKind.TAG, "v1")
    for ref, name in ((MAIN, "web"), (PULL, "web"), (tag, "web"), (MAIN, "docs"), (MAIN, "web")):
        await told.start(lane_key(ref, name))
    await told.start(lane_key(repository=OTHER))
    web = [lane_key(), lane_key(tag), lane_key(PULL)]
    assert await store.recent_lanes(REPOSITORY, "web", 9) == web
    assert await store.recent_lanes(REPOSITORY, "web", 2) == web[:2]
    assert await store.recent_lanes(REPOSITORY, "web", 2, web[1].id) == web[2:]
    assert await store.recent_lanes(REPOSITORY, "", 2) == [lane_key(), lane_key(name="docs")]
    assert await store.recent_lanes(REPOSITORY, "web", 9, "unknown") == []
    assert await store.recent_lanes(REPOSITORY, "none", 9) == []


# --- executions ---


async def test_an_execution_is_found_with_the_pipeline_it_runs(told: Told, store: Store) -> None:
    started = await told.start(lane_key())
    assert await store.execution(started.id) == (started, pipeline())
    assert await store.execution("unknown") is None


async def test_a_commits_statuses_are_told_by_the_execution_with_the_highest_number(told: Told, store: Store) -> None:
    """But for one of a change from outside, which tells them only where no other has run."""
    commit = "c" * 40
    for number in (6, 7):
        outside = await told.start(lane_key(PULL), revision=commit, number=number, outside=True)
        assert await store.teller(REPOSITORY, "web", commit) == outside.id
    newest = await told.start(lane_key(), revision=commit, number=9)
    await told.start(lane_key(PULL), revision=commit, number=8)
    await told.start(lane_key(), number=12)
    await told.start(lane_key(PULL), revision=commit, number=13, outside=True)
    docs = await told.start(lane_key(name="docs"), revision=commit, number=30)
    assert await store.teller(REPOSITORY, "web", commit) == newest.id
    assert await store.teller(REPOSITORY, "docs", commit) == docs.id
    assert await store.teller(REPOSITORY, "web", "d" * 40) == ""
    assert await store.teller(OTHER, "web", commit) == ""


async def test_executions_are_filtered_by_any_combination_newest_first(told: Told, store: Store) -> None:
    """Compared with a plain filter over everything that was started, live or retired."""
    states: dict[str, bool] = {}
    everything: dict[str, Execution] = {}
    for serial, (repository, name, ref) in enumerate(product((REPOSITORY, OTHER), ("web", "docs"), (MAIN, PULL))):
        lane = lane_key(ref, name, repository)
        for turn in range(3):
            decision, _ = await told.tell(
                lane, told.starting(lane, revision=f"{serial % 2}" * 40, number=100 * serial + turn + 1)
            )
            for execution in (*decision.state.executions.values(), *decision.retired):
                everything[execution.id] = execution
                states[execution.id] = execution.id in decision.state.executions
    assert {True, False} == set(states.values())

    asked = product(("", "acme/web", "acme/none"), ("", "docs"), ("", "pull/3"), ("", "1" * 40), (False, True))
    for which in starmap(ExecutionFilter, asked):
        expected = [
            e
            for e in reversed(everything.values())
            if which.repository in ("", e.lane.repository.full_name)
            and which.pipeline in ("", e.lane.pipeline)
            and which.ref in ("", str(e.lane.ref))
            and which.commit in ("", e.revision.commit)
            and (states[e.id] or not which.live)
        ]
        assert await store.executions(which, 100) == expected


async def test_a_repository_is_filtered_by_its_newest_name(told: Told, store: Store) -> None:
    started = await told.start(lane_key())
    await store.record_intake(replace(REPOSITORY, full_name="acme/new"), MAIN, "main", Intake("a", "push", 1.0))
    assert await store.executions(ExecutionFilter(repository="acme/new"), 5) == [started]
    assert await store.executions(ExecutionFilter(repository="acme/web"), 5) == []


async def test_a_name_leads_to_its_repository_and_so_does_one_that_it_had_before(told: Told, store: Store) -> None:
    assert await store.called(REPOSITORY.provider, "acme/web") is None
    await store.rename(replace(REPOSITORY, full_name="acme/never"))
    assert await store.repositories() == []
    await store.record_intake(REPOSITORY, MAIN, "main", Intake("a", "push", 1.0))
    renamed = replace(REPOSITORY, full_name="acme/new")
    await store.rename(renamed)
    await store.record_intake(
        moved := replace(REPOSITORY, full_name="other/new"), MAIN, "trunk", Intake("a", "push", 1.0)
    )
    for name in ("acme/web", "acme/new", "other/new"):
        assert await store.called(REPOSITORY.provider, name) == (moved, "trunk")
    assert await store.called("elsewhere", "other/new") is None

    taken = replace(REPOSITORY, id="77", full_name="acme/web")
    await store.record_intake(taken, MAIN, "main", Intake("a", "push", 1.0))
    assert await store.called(REPOSITORY.provider, "acme/web") == (taken, "main")
    assert await store.called(REPOSITORY.provider, "acme/new") == (moved, "trunk")


async def test_what_has_left_has_no_home_until_it_is_heard_of_again(store: Store) -> None:
    await store.record_version(REPOSITORY, pipeline("web"), "push")
    assert [each.id for each, _ in await store.connected_repositories()] == [REPOSITORY.id]
    await store.leave(REPOSITORY)
    assert (await store.home_pipelines(), await store.connected_repositories()) == ([], [])
    await store.rename(replace(REPOSITORY, full_name="acme/new"))
    [(found, kept)] = await store.home_pipelines()
    assert (found.full_name, kept.name) == ("acme/new", "web")


async def test_repositories_of_one_name_on_two_hosts_are_told_apart(told: Told, store: Store) -> None:
    ours, theirs = (
        await told.start(lane_key()),
        await told.start(lane_key(repository=replace(OTHER, full_name="acme/web"))),
    )
    assert await store.executions(ExecutionFilter("acme/web"), 5) == [theirs, ours]
    assert await store.executions(ExecutionFilter("acme/web", provider="local"), 5) == [ours]
    assert await store.executions(ExecutionFilter("acme/web", "web", "heads/main", provider="github"), 5) == [theirs]
    assert await store.executions(ExecutionFilter("acme/web", provider="gitlab"), 5) == []


async def test_a_lane_and_a_commit_are_listed_before_and_after_a_renaming(told: Told, store: Store) -> None:
    commit = "c" * 40
    lane, renamed = lane_key(), lane_key(repository=replace(REPOSITORY, full_name="acme/new"))
    started = await told.start(lane, revision=commit)
    await told.start(lane_key(PULL))
    await told.start(lane_key(repository=OTHER), revision=commit)
    await store.record_intake(renamed.repository, MAIN, "main", Intake("a", "push", 1.0))
    for key in (lane, renamed):
        assert await store.executions(ExecutionFilter.of_lane(key), 5) == [started]
        assert await store.executions(ExecutionFilter.of_commit(key.repository, commit), 5) == [started]
    assert await store.executions(ExecutionFilter.of_lane(lane_key(name="docs")), 5) == []


async def test_rbk_3_what_succeeded_in_a_stage_is_found_page_by_page(told: Told, store: Store) -> None:
    lane, elsewhere = lane_key(), lane_key(PULL)
    other = pipeline("web", "build", "other")
    names: list[str] = []
    for turn in range(5):
        started = await told.start(lane, other if turn == 2 else None)
        await told.finish(lane, started.id, started.stages[0].name, ok=turn != 1)
        names.append(started.id)
    await told.finish(elsewhere, (await told.start(elsewhere)).id, "build")
    definition = pipeline("web").digest
    found = await store.succeeded(lane, "build", definition, 2)
    assert [each.id for each in found] == [names[4], names[3]]
    assert [each.id for each in await store.succeeded(lane, "build", definition, 9, names[3])] == [names[0]]
    assert [each.id for each in await store.succeeded(lane, "build", other.digest, 9)] == [names[2]]
    assert await store.succeeded(lane, "prod", definition, 9) == []
    assert await store.succeeded(lane, "build", definition, 9, "unknown") == []

    which = ExecutionFilter("acme/web", "web", "heads/main", succeeded_in="build")
    assert [each.id for each in await store.executions(which, 9)] == [names[4], names[3], names[2], names[0]]
    assert [each.id for each in await store.executions(which, 9, names[3])] == [names[2], names[0]]
    assert len(await store.executions(replace(which, ref=""), 9)) == 5
    assert await store.executions(replace(which, succeeded_in="prod"), 9) == []


async def test_an_execution_is_called_by_its_number_or_the_beginning_of_its_id(told: Told, store: Store) -> None:
    lane, elsewhere = lane_key(), lane_key(PULL)
    event = replace(told.starting(lane), execution="0a1b2c3d-4e5f", number=7)
    await told.tell(lane, event)
    for asked in ("7", "0a1b2c3d", "0A1B2C3D-4e5f"):
        found = await store.execution_called(lane, asked)
        assert found is not None
        assert found.number == 7
        assert await store.execution_called(elsewhere, asked) is None
    for asked in ("", "8", "0a1b2c3", "0a1b2c3e", "9" * 40, "\0" * 9, "%" * 9):
        assert await store.execution_called(lane, asked) is None


async def test_pages_neither_repeat_nor_skip_while_executions_are_added(told: Told, store: Store) -> None:
    lanes = [lane_key(Ref(RefKind.BRANCH, str(n))) for n in range(7)]
    started = [(await told.start(lane)).id for lane in lanes]
    seen: list[str] = []
    while page := await store.executions(ExecutionFilter(), 2, seen[-1] if seen else ""):
        seen += [execution.id for execution in page]
        await told.start(lane_key(PULL))
        await told.finish(lanes[0], started[0], "build") if len(seen) == 4 else None
    assert seen == started[::-1]
    assert await store.executions(ExecutionFilter(), 5, "unknown") == []


async def test_history_tells_the_events_of_an_execution_in_order_and_whole(told: Told, store: Store) -> None:
    lane = lane_key()
    started = await told.start(lane)
    await told.began(lane, started.id, "build")
    await told.finish(lane, started.id, "build")
    elsewhere = await told.start(lane_key(PULL))
    kinds = [(entry.event.kind, entry.event.id) for entry in await store.history(started.id)]
    assert kinds == [("start_requested", "e1"), ("action_started", "e2"), ("action_finished", "e3")]
    (only,) = await store.history(elsewhere.id)
    assert isinstance(only.event, StartRequested)
    assert only.event.pipeline == pipeline()
    sequences = [entry.sequence for entry in await store.history(started.id)]
    assert sequences == sorted(set(sequences))
    assert await store.history("unknown") == []


async def test_an_event_that_ends_another_execution_is_in_the_history_of_both(told: Told, store: Store) -> None:
    """SUP-2: the newer one takes the older one's place at a stage that is held."""
    lane = lane_key()
    await told.hold(lane, "build")
    first = await told.start(lane)
    second = await told.start(lane)
    found = await store.execution(first.id)
    assert found is not None
    assert found[0].status is ExecutionStatus.SUPERSEDED
    ended_by = (await store.history(first.id))[-1].event
    assert isinstance(ended_by, StartRequested)
    assert ended_by.execution == second.id
    assert (await store.history(second.id))[0].event == ended_by


async def test_a_refused_event_is_in_the_history_of_the_execution_it_names(told: Told, store: Store) -> None:
    lane = lane_key()
    started = await told.start(lane)
    await told.tell(lane, StopRequested("twice", 5.0, False, ADA, execution=started.id))
    decision, _ = await told.tell(lane, StopRequested("again", 6.0, False, ADA, execution=started.id))
    assert decision.refusal is not None
    assert [entry.event.id for entry in await store.history(started.id)] == ["e1", "twice", "again"]


# --- what lanes share ---


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


async def test_ver_1_a_version_is_added_only_when_the_content_differs(store: Store) -> None:
    """VER-8, VER-9."""
    one, other = pipeline(), pipeline("web", "build", "test", "prod")
    assert await store.version_of(REPOSITORY, "web", one.digest) == 0
    for definition, cause, expected in (
        (one, "push 1", (1, "push 1")),
        (one, "push 2", (1, "push 1")),
        (other, "push 3", (2, "push 3")),
        (other, "push 3", (2, "push 3")),
        (one, "push 4", (3, "push 4")),
    ):
        made = await store.record_version(REPOSITORY, definition, cause)
        assert (made.number, made.digest, made.cause) == (expected[0], definition.digest, expected[1])
    assert await store.version_of(REPOSITORY, "web", one.digest) == 3
    assert await store.version_of(REPOSITORY, "web", other.digest) == 2
    assert await store.definition_version(REPOSITORY, "web", 2) == other
    assert await store.definition_version(REPOSITORY, "web", 4) is None
    assert await store.definition_version(OTHER, "web", 1) is None
    assert (await store.record_version(OTHER, other, "push 5")).number == 1
    assert sorted((where.id, what.digest) for where, what in await store.home_pipelines()) == sorted(
        [(REPOSITORY.id, one.digest), (OTHER.id, other.digest)]
    )


async def test_a_question_is_found_by_its_place_and_stays_there(told: Told, store: Store) -> None:
    one, other = Thread(ThreadKind.PULL_REQUEST, "3"), Thread(ThreadKind.COMMIT, "c")
    first, second = await told.start(lane_key()), await told.start(lane_key())
    for execution in (first, second):
        assert await store.asked(execution.id) is None
        await store.ask(execution, one)
        await store.ask(execution, other)
        assert await store.asked(execution.id) == one
    assert sorted(await store.questions(REPOSITORY, one)) == sorted([first.id, second.id])
    assert await store.questions(REPOSITORY, other) == []
    assert await store.questions(OTHER, one) == []


# --- results ---


def results_record(
    execution: str, number: int, attempt: int = 1, *, ref: str = "heads/main", commit: str = "c"
) -> ResultsRecord:
    report = ReportGroup("unit", "JUNITXML", Counts(1), (Case("s", "a", CaseStatus.FAILED, 1.5, "no\ud800"),))
    return ResultsRecord(execution, "check", "unit", attempt, number, ref, commit, 5.0, Results((report,), ("s > a",)))


async def test_rep_8_results_are_found_by_execution_by_ref_and_by_commit(store: Store) -> None:
    kept = [
        results_record("e1", 1, commit="a"),
        results_record("e2", 2, ref="heads/other"),
        results_record("e2", 2, 2, ref="heads/other"),
        results_record("e3", 3),
    ]
    for record in (*kept, kept[0]):
        await store.keep_results(REPOSITORY, "web", record)
    [first] = await store.results("e1")
    assert (first.number, first.results.new, first.results.reports[0].counts) == (1, ("s > a",), Counts(1))
    assert len(await store.results("e2")) == 2
    place = ("check", "unit")

    async def numbers(limit: int = 5, **where: str) -> list[tuple[int, int]]:
        found = await store.past_results(REPOSITORY, "web", place, limit, **where)
        return [(each.number, each.attempt) for each in found]

    assert await numbers(ref="heads/main") == [(3, 1), (1, 1)]
    assert await numbers(1, ref="heads/main") == [(3, 1)]
    assert await numbers(commit="c") == [(3, 1), (2, 2), (2, 1)]
    assert await store.past_results(OTHER, "web", place, 5, ref="heads/main") == []
    assert await store.past_results(REPOSITORY, "web", ("check", "other"), 5, ref="heads/main") == []


async def test_what_a_log_remarks_is_kept_once_an_attempt(store: Store) -> None:
    one = Annotation("src/a.c", 3, Severity.ERROR, "no\ud800", 5, "E1", "cc")
    first = AnnotationsRecord("e1", "check", "unit", 1, (one,))
    second = AnnotationsRecord("e1", "check", "unit", 2, (one, replace(one, line=4)))
    for record in (replace(first, annotations=()), second, first, AnnotationsRecord("e2", "check", "unit", 1, ())):
        await store.keep_annotations(record)
    found = await store.annotations("e1")
    assert [(record.attempt, len(record.annotations)) for record in found] == [(1, 1), (2, 2)]
    assert found[1].annotations[1].line == 4


async def test_cac_3_entries_of_caches_are_kept_replaced_and_forgotten(store: Store) -> None:
    first = CacheEntry("web/unit", "v", "heads/main", "k", "a1", 5, 1.0, 1.0)
    second = CacheEntry("web/unit", "v", "heads/other", "k", "a2", 5, 2.0, 2.0)
    for entry in (first, second, replace(first, used=3.0)):
        await store.keep_cache_entry(REPOSITORY, entry)
    assert await store.cache_entries(REPOSITORY) == [second, replace(first, used=3.0)]
    assert await store.cache_entries(OTHER) == []
    await store.forget_cache_entries(REPOSITORY, ["a2", "unknown"])
    assert [entry.artifact for entry in await store.cache_entries(REPOSITORY)] == ["a1"]


async def test_what_was_written_to_a_destination_is_kept_and_replaced(store: Store) -> None:
    assert await store.written_objects("s3://site/docs") == WrittenObjects()
    first = WrittenObjects("max-age=5", {"index.html": WrittenObject("d1", "t1")})
    for each in (first, replace(first, objects={"odd\u00e9": WrittenObject()})):
        await store.keep_written_objects("s3://site/docs", each)
    found = await store.written_objects("s3://site/docs")
    assert found == WrittenObjects("max-age=5", {"odd\u00e9": WrittenObject()})


async def test_bat_9_batches_are_kept_by_attempt_and_go_with_their_execution(told: Told, store: Store) -> None:
    lane = lane_key()
    ended = await told.start(lane, pipeline("web", "build"))
    await told.finish(lane, ended.id, "build")
    first = BatchRun(ended.id, "build", "unit", 1, 1.0, builds=(BuildRun("linux", "OS=linux", BuildStatus.FAILED),))
    second = replace(first, attempt=2, phase=BatchPhase.SUCCEEDED)
    for one in (replace(first, builds=()), second, first):
        await store.keep_batch(one)
    assert await store.batches(ended.id) == [first, second]
    assert await store.batches("other") == []
    await store.remove_executions([ended.id], [])
    assert await store.batches(ended.id) == []


async def test_deployments_are_kept_by_group_and_execution_and_the_last_success_outlives_both(
    told: Told, store: Store
) -> None:
    lane = lane_key()
    ended = await told.start(lane, pipeline("web", "build"))
    await told.finish(lane, ended.id, "build")
    first, second, third = (
        ServerDeployment(f"d-{n}", "g", ended.id, "prod", "go", n, Bundle("c", "spec"), float(n), status=status)
        for n, status in enumerate((DeploymentStatus.SUCCEEDED, DeploymentStatus.SUCCEEDED, DeploymentStatus.FAILED))
    )
    waiting = replace(first, id="d-5", execution="other", created_at=5.0, status=DeploymentStatus.READY)
    for one in (third, waiting, replace(first, status=DeploymentStatus.IN_PROGRESS), second):
        await store.keep_server_deployment(one)
    assert [one.id for one in await store.open_server_deployments("g")] == ["d-0", "d-5"]
    for one in (first, replace(waiting, status=DeploymentStatus.STOPPED, created_at=0.0)):
        await store.keep_server_deployment(one)
    assert await store.open_server_deployments("g") == []
    assert await store.server_deployment("d-0") == first
    assert await store.server_deployment("d-9") is None
    assert await store.server_deployments(ended.id) == [first, second, third]
    assert await store.last_server_deployment("g", succeeded=True) == second
    assert await store.last_server_deployment("g", succeeded=False) == third
    assert await store.last_server_deployment("other", succeeded=True) is None
    await store.remove_executions([ended.id], [])
    assert await store.server_deployments(ended.id) == [second, third]


# --- retention ---


async def test_executions_are_removed_with_what_only_they_refer_to_and_live_ones_are_not(
    told: Told, store: Store
) -> None:
    lane = lane_key()
    ended, live = [await told.start(lane, pipeline("web", "build")) for _ in range(2)]
    await told.finish(lane, ended.id, "build")
    thread = Thread(ThreadKind.COMMIT, "c")
    for each in (ended, live):
        await store.ask(each, thread)
        await store.keep_results(REPOSITORY, "web", results_record(each.id, each.number))
        await store.keep_annotations(AnnotationsRecord(each.id, "check", "unit", 1, ()))
    await store.set_reported({f"status:a:{name}": Reported("d") for name in ("1", "2")} | {"status:b:1": Reported("d")})
    first, second = await store.oldest_executions(5)
    assert (first[1].id, second[1].id) == (ended.id, live.id)
    assert await store.oldest_executions(5, first[0]) == [second]
    assert await store.oldest_executions(1) == [first]

    assert await store.remove_executions([ended.id, live.id, "unknown"], ["status:a:"]) == 1
    assert await store.execution(ended.id) is None
    assert await store.history(ended.id) == []
    assert (await store.results(ended.id), len(await store.results(live.id))) == ([], 1)
    assert (await store.annotations(ended.id), len(await store.annotations(live.id))) == ([], 1)
    assert await store.questions(REPOSITORY, thread) == [live.id]
    assert list(await store.reported(["status:a:1", "status:a:2", "status:b:1"])) == ["status:b:1"]
    assert await store.oldest_executions(5) == [second]
    assert not await store.told(lane, "e1")
    found = await store.execution(live.id)
    assert found is not None
    assert found[1].stages, "its definition is there still"
    assert [entry.event.id for entry in await store.history(live.id)] == ["e2", "e3"], "the other's end let it in"


async def test_what_is_too_many_of_a_lane_is_found_without_what_is_live(told: Told, store: Store) -> None:
    lane, other = lane_key(), lane_key(name="docs")

    async def ended(where: LaneKey) -> str:
        execution = await told.start(where, pipeline(where.pipeline, "build"))
        await told.finish(where, execution.id, "build")
        return execution.id

    web = [await ended(lane) for _ in range(3)]
    live = await told.start(lane, pipeline("web", "build"))
    docs = [await ended(other) for _ in range(2)]
    assert await store.surplus_executions(4) == []
    assert await store.surplus_executions(2) == web[:2], "the live one is counted"
    assert await store.surplus_executions(1) == [*web, docs[0]]
    assert live.id not in await store.surplus_executions(1)


async def test_an_event_stays_while_it_concerns_who_stays_and_a_definition_while_it_is_used(
    told: Told, store: Store
) -> None:
    lane = lane_key()
    await told.hold(lane, "build")
    first = await told.start(lane, pipeline("web", "build", "one"))
    second = await told.start(lane, pipeline("web", "build", "two"))
    third = await told.start(lane, pipeline("web", "build", "two"))
    await store.record_version(REPOSITORY, pipeline("web", "build", "one"), "push")
    assert await store.remove_executions([second.id], []) == 1
    assert await store.execution(third.id) is not None
    superseding = (await store.history(first.id))[-1].event
    assert isinstance(superseding, StartRequested)
    assert superseding.execution == second.id
    assert await store.remove_executions([first.id], []) == 1
    assert await store.definition_version(REPOSITORY, "web", 1) == pipeline("web", "build", "one")
    again = await told.start(lane, pipeline("web", "build", "two"))
    assert await store.remove_executions([third.id], []) == 1
    assert await store.execution(again.id) is not None
    fourth = await told.start(lane, pipeline("web", "build", "one"))
    assert await store.remove_executions([again.id], []) == 1
    await told.start(lane, pipeline("web", "build", "two"))
    assert await store.remove_executions([fourth.id], []) == 1
    assert [each.definition for each in await store.executions(ExecutionFilter(), 9)] == ["web-build-two"]
    found = await store.execution((await store.executions(ExecutionFilter(), 1))[0].id)
    assert found is not None, "what was removed and runs again was written again"


async def test_what_rollbacks_name_as_their_targets_is_found_in_their_lane(told: Told, store: Store) -> None:
    lane, what = lane_key(), pipeline("web", "build")
    target = await told.start(lane, what)
    assert await store.rollback_targets(lane) == set()
    await told.finish(lane, target.id, "build")
    known = await store.execution(target.id)
    assert known is not None
    await told.tell(
        lane,
        RollbackRequested(
            told.event_id(), 1.0, "r1", 9, "build", Trigger(TriggerKind.MANUAL_ROLLBACK), known[0], what, what.digest
        ),
    )
    assert await store.rollback_targets(lane) == {target.id}
    assert await store.rollback_targets(lane_key(PULL)) == set()


async def test_what_changed_no_execution_is_forgotten_when_it_is_old(told: Told, store: Store) -> None:
    lane, second = lane_key(), told.at + 2.5
    for _ in range(3):
        await told.hold(lane, "build")
    execution = await told.start(lane, pipeline("web", "build"))
    await told.hold(lane, "build")
    forgotten, place = await store.forget_events(second, 1)
    assert (forgotten, await store.told(lane, "e1"), await store.told(lane, "e2")) == (1, False, True)
    forgotten, place = await store.forget_events(second, 9, place)
    assert (forgotten, await store.told(lane, "e2"), await store.told(lane, "e3")) == (1, False, True)
    forgotten, place = await store.forget_events(second + 9, 9, place)
    assert (forgotten, await store.told(lane, "e3"), await store.told(lane, "e5")) == (1, False, True)
    assert (await store.forget_events(second + 9, 9, place))[0] == 0
    kept = [entry.event.id for entry in await store.history(execution.id)]
    assert kept == ["e4", "e5"], "the second hold changed what waits for it"


async def test_refs_that_are_over_are_forgotten_once_they_have_no_executions(told: Told, store: Store) -> None:
    lane = lane_key()
    execution = await told.start(lane, pipeline("web", "build"))
    await told.finish(lane, execution.id, "build")
    last = Intake("c" * 40, "pull request 7 closed", 5.0, over=True)
    deleted = Intake("", "refs/heads/old was deleted", 5.0)
    old, alive = Ref(RefKind.BRANCH, "old"), Ref(RefKind.BRANCH, "alive")
    for repository, ref, intake in (
        (REPOSITORY, lane.ref, last),
        (REPOSITORY, old, deleted),
        (OTHER, lane.ref, last),
        (REPOSITORY, alive, replace(last, over=False)),
    ):
        await store.record_intake(repository, ref, "main", intake)
    assert await store.forget_intakes(4.9) == 0
    assert await store.forget_intakes(5.0) == 2
    assert (await store.intake(REPOSITORY, lane.ref), await store.intake(REPOSITORY, old)) == (last, None)
    assert (await store.intake(REPOSITORY, alive), await store.intake(OTHER, lane.ref)) == (
        replace(last, over=False),
        None,
    )
    await store.remove_executions([execution.id], [])
    assert await store.forget_intakes(5.0) == 1
