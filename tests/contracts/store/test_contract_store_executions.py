"""Executions and their history, as every store finds them."""

from dataclasses import replace
from itertools import product, starmap

from bot.core.events import StartRequested, StopRequested
from bot.model.execution import Execution, ExecutionStatus
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import Commit, ExecutionFilter, Store
from tests.stores.told import ADA, MAIN, REPOSITORY, Told, lane_key, pipeline

PULL = Ref(RefKind.PULL_REQUEST, "3")
OTHER = Repository("github", "9", "acme/site")


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
