"""What is old enough to go, as every store finds and forgets it."""

from dataclasses import replace

from bot.core.events import RollbackRequested, StartRequested
from bot.model.annotation import AnnotationsRecord
from bot.model.execution import LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.intake import Intake
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import ExecutionFilter, Reported, Store
from tests.contracts.store.test_contract_store_work import results_record
from tests.stores.told import MAIN, REPOSITORY, Told, lane_key, pipeline

PULL = Ref(RefKind.PULL_REQUEST, "3")
OTHER = Repository("github", "9", "acme/site")


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


async def test_comments_are_forgotten_once_nothing_is_known_of_what_they_are_about(told: Told, store: Store) -> None:
    """A comment that is forgotten would be obeyed if it came again: it stays while there is anything to obey it on."""
    run = await told.start(lane_key(PULL))
    await store.record_intake(REPOSITORY, MAIN, "main", Intake("d" * 40, "a push", 1.0))
    await store.record_intake(REPOSITORY, Ref(RefKind.PULL_REQUEST, "8"), "main", Intake("e" * 40, "opened", 1.0))
    threads = {
        "has executions": Thread(ThreadKind.PULL_REQUEST, "3"),
        "is open": Thread(ThreadKind.PULL_REQUEST, "8"),
        "ran": Thread(ThreadKind.COMMIT, run.revision.commit),
        "is a branch's head": Thread(ThreadKind.COMMIT, "d" * 40),
        "is long closed": Thread(ThreadKind.PULL_REQUEST, "9"),
        "is nobody's": Thread(ThreadKind.COMMIT, "f" * 40),
    }
    comments = {what: CommentRef(REPOSITORY, thread, "55") for what, thread in threads.items()}
    elsewhere = CommentRef(OTHER, threads["is open"], "55")
    for comment in (*comments.values(), elsewhere):
        assert await store.take_comment(comment, "github:1", 5.0)
    assert await store.forget_comments(4.9, 9) == 0
    assert [await store.forget_comments(5.0, 2), await store.forget_comments(5.0, 2)] == [2, 1]
    again = {what: await store.take_comment(comment, "github:2", 6.0) for what, comment in comments.items()}
    assert again == {what: what in ("is long closed", "is nobody's") for what in threads}
    assert await store.take_comment(elsewhere, "github:2", 6.0)
    assert await store.forget_comments(5.0, 9) == 0, "taken anew"
