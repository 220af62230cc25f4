"""Repositories, their names, and what was heard of their refs, as every store keeps them."""

from dataclasses import replace

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.intake import Intake, Judgement
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import ExecutionFilter, Store
from tests.stores.told import MAIN, REPOSITORY, Told, lane_key, pipeline

PULL = Ref(RefKind.PULL_REQUEST, "3")
OTHER = Repository("github", "9", "acme/site")


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
    assert await store.take_comment(comment, "github:1", 5.0)
    assert await store.take_comment(comment, "github:1", 5.0), "read once more after a crash"
    assert not await store.take_comment(comment, "github:2", 5.0)
    others = (
        replace(comment, id="56"),
        replace(comment, repository=OTHER),
        replace(comment, thread=Thread(ThreadKind.COMMIT, "c" * 40)),
    )
    assert [await store.take_comment(other, "github:2", 5.0) for other in others] == [True] * 3


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
