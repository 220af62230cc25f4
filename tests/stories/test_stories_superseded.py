"""Several revisions on their way at once: within a lane the newest one overtakes (SUP), lanes do not know each other."""

import pytest

from tests.world.world import World

pytestmark = pytest.mark.engine


async def test_of_those_that_wait_only_the_newest_stays(world: World) -> None:
    """SUP-2: while a stage is occupied, one waits before it."""
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    first, second, third = await repo.push("1"), await repo.push("2"), await repo.push("3")
    assert [await one.status() for one in (first, second, third)] == ["InProgress", "Superseded", "InProgress"]
    assert (await second.described())["web"] == "superseded by execution 3 · 0 of 2 stages"
    page = await world.page(f"/executions/{(await second.execution()).id}")
    assert f'href="/executions/{(await third.execution()).id}"' in page

    await repo.action("build").end()
    assert [await one.status() for one in (first, second, third)] == ["Succeeded", "Superseded", "Succeeded"]
    assert len(repo.action("build").jobs) == 2


async def test_an_execution_inside_a_stage_is_never_superseded(world: World) -> None:
    """SUP-3: on a branch, what runs runs to its end, an approval too."""
    repo = await world.repo("build -> prod!")
    first, second = await repo.push("1"), await repo.push("2")
    assert [await first.status(), await second.status()] == ["InProgress", "InProgress"]
    await first.comment("/approve")
    await second.comment("/approve")

    assert [await first.status(), await second.status()] == ["Succeeded", "Succeeded"]


async def test_branches_do_not_wait_for_each_other(world: World) -> None:
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    repo.action("build").held()
    on_main, on_idea = await repo.push(), await repo.push(branch="idea")

    assert [await on_main.status(), await on_idea.status()] == ["InProgress", "Succeeded"]


async def test_pull_requests_do_not_wait_for_each_other(world: World) -> None:
    repo = await world.repo("build -> prod!")
    one = await repo.open_pull_request(branch="one")
    other = await repo.open_pull_request(branch="other")
    await other.comment("/approve")

    assert [await one.status(), await other.status()] == ["InProgress", "Succeeded"]


async def test_a_branch_may_stop_what_is_outdated_too(world: World) -> None:
    repo = await world.repo("build", outdated="stop")
    repo.action("build").held()
    first, second = await repo.push("1"), await repo.push("2")

    assert [await first.status(), await second.status()] == ["Superseded", "Succeeded"]
    assert not repo.action("build").running
