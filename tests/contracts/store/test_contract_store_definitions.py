"""Versions of pipelines and the numbers of their executions, as every store keeps them."""

import asyncio
from dataclasses import replace

from bot.model.repository import Repository
from bot.ports import Store
from tests.stores.told import REPOSITORY, Told, lane_key, pipeline

OTHER = Repository("github", "9", "acme/site")


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
