"""What actions leave behind, and which execution asks where, as every store keeps them."""

from dataclasses import replace

from bot.model.annotation import Annotation, AnnotationsRecord, Severity
from bot.model.batch import BatchPhase, BatchRun, BuildRun, BuildStatus
from bot.model.cache import CacheEntry
from bot.model.deployment import Bundle, Deployment, DeploymentStatus
from bot.model.host_event import Thread, ThreadKind
from bot.model.object_deployment import WrittenObject, WrittenObjects
from bot.model.repository import Repository
from bot.model.results import Case, CaseStatus, Counts, ReportGroup, Results, ResultsRecord
from bot.ports import Store
from tests.stores.told import REPOSITORY, Told, lane_key, pipeline

OTHER = Repository("github", "9", "acme/site")


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
        Deployment(f"d-{n}", "g", ended.id, "prod", "go", n, Bundle("c", "spec"), float(n), status=status)
        for n, status in enumerate((DeploymentStatus.SUCCEEDED, DeploymentStatus.SUCCEEDED, DeploymentStatus.FAILED))
    )
    waiting = replace(first, id="d-5", execution="other", created_at=5.0, status=DeploymentStatus.READY)
    for one in (third, waiting, replace(first, status=DeploymentStatus.IN_PROGRESS), second):
        await store.keep_deployment(one)
    assert [one.id for one in await store.open_deployments("g")] == ["d-0", "d-5"]
    for one in (first, replace(waiting, status=DeploymentStatus.STOPPED, created_at=0.0)):
        await store.keep_deployment(one)
    assert await store.open_deployments("g") == []
    assert await store.deployment("d-0") == first
    assert await store.deployment("d-9") is None
    assert await store.deployments(ended.id) == [first, second, third]
    assert await store.last_deployment("g", succeeded=True) == second
    assert await store.last_deployment("g", succeeded=False) == third
    assert await store.last_deployment("other", succeeded=True) is None
    await store.remove_executions([ended.id], [])
    assert await store.deployments(ended.id) == [second, third]
