"""Versions of a definition: counted on the home branch; a change ends what began under the old one; elsewhere it is private."""

import pytest

from tests.world.world import World

pytestmark = pytest.mark.engine

WHY = "cancelled: the pipeline's definition has changed (version 2)"


async def test_ver_1_7_9_content_counts_and_bytes_do_not(world: World) -> None:
    """VER-8: a version can be had again, and people are told which one runs. C18."""
    repo = await world.repo("build")
    first = await repo.push()
    same = await repo.push(
        files={
            ".pipeline.yml": "# a comment\nstages:\n- {name: build, actions: [{name: build, run_order: 1, run: build}]}\n"
        }
    )
    repo.define("build -> prod")
    changed = await repo.push()
    assert [(await one.execution()).pipeline_version for one in (first, same, changed)] == [1, 1, 2]
    for number, stages in ((1, ["build"]), (2, ["build", "prod"])):
        found = await world.store.definition_version(repo.repository, "web", number)
        assert found is not None
        assert [stage.name for stage in found.stages] == stages
    assert await world.store.definition_version(repo.repository, "web", 3) is None
    await changed.comment("/status")
    assert "· version 2 ·" in (await changed.answers())[0]
    assert "version 2" in await world.page(f"/executions/{(await changed.execution()).id}")


@pytest.mark.needs("rewords")
async def test_ver_4_an_edit_lets_actions_end_and_cancels_what_waits(world: World) -> None:
    """C4: Cancelled, not Failed."""
    repo = await world.repo("build -> prod", mode="queued")
    repo.action("build").held()
    first, second = await repo.push("1"), await repo.push("2")
    repo.define("build -> prod -> live", mode="queued")
    third = await repo.push("3")
    assert await second.status() == "Cancelled"
    assert WHY in (await second.described())["web"]
    assert await first.status() == "InProgress"
    assert f"being {WHY}" in (await first.described())["web"]
    assert await third.status() == "InProgress"

    await repo.action("build").end()
    assert await first.status() == "Cancelled"
    assert await third.status() == "Succeeded"
    assert len(repo.action("prod").jobs) == 1


async def test_ver_4_a_question_of_the_old_definition_is_asked_no_more(world: World) -> None:
    repo = await world.repo("prod!")
    first = await repo.push("1")
    repo.define("prod! -> live")
    second = await repo.push("2")
    assert [await first.status(), await second.status()] == ["Cancelled", "InProgress"]
    await first.comment("/retry")
    assert "nothing to retry" in (await first.answers())[0]


async def test_ver_5_6_what_runs_in_parallel_keeps_its_definition(world: World) -> None:
    """Also when the mode is changed."""
    repo = await world.repo("build -> prod", mode="parallel")
    repo.action("build").held()
    repo.action("build").held()
    first = await repo.push("1")
    repo.define("build -> live", mode="superseded")
    second = await repo.push("2")
    assert [await first.status(), await second.status()] == ["InProgress", "InProgress"]
    await repo.action("build").end()
    await repo.action("build").end()
    assert [await first.status(), await second.status()] == ["Succeeded", "Succeeded"]
    assert [len(repo.action(name).jobs) for name in ("prod", "live")] == [1, 1]


async def test_ver_6_entering_parallel_mode_cancels_what_waited(world: World) -> None:
    repo = await world.repo("build", mode="superseded")
    repo.action("build").held()
    first, second = await repo.push("1"), await repo.push("2")
    repo.define("build", mode="parallel")
    third = await repo.push("3")
    assert [await one.status() for one in (first, second, third)] == ["InProgress", "Cancelled", "Succeeded"]
    await repo.action("build").end()
    assert await first.status() == "Cancelled"


async def test_ver_9_a_pull_requests_definition_is_its_own_affair(world: World) -> None:
    repo = await world.repo("build")
    repo.action("build").held()
    on_main = await repo.push()
    repo.define("build -> prod")
    pull_request = await repo.open_pull_request()
    assert await pull_request.status() == "Succeeded"
    assert (await pull_request.head.execution()).pipeline_version == 0
    assert await on_main.status() == "InProgress"
    assert await world.store.definition_version(repo.repository, "web", 2) is None
    await repo.action("build").end()
    assert await on_main.status() == "Succeeded"


async def test_ret_4_a_stage_that_has_changed_is_not_retried(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("prod").fails()
    first = await repo.push("1")
    repo.action("build").held()
    repo.define("build -> prod: prod+more")
    await repo.push("2")
    await first.comment("/retry")
    assert await first.status() == "Failed"
    assert "`prod` is another one since version 2 of the pipeline" in (await first.answers())[0]


async def test_ret_4_a_stage_that_is_as_it_was_can_be_retried(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("prod").fails()
    first = await repo.push("1")
    repo.action("build").held()
    repo.define("build: build+more -> prod")
    await repo.push("2")
    await first.comment("/retry")
    assert await first.status() == "Succeeded"
