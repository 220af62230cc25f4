"""Repositories as a whole: what goes on when one is called otherwise."""

import pytest

from tests.world.world import World


@pytest.mark.needs("renaming")
async def test_a_repository_that_is_renamed_while_it_runs_stays_the_same(world: World) -> None:
    """What runs is reported and obeyed, the next push is fetched from where it is now, and pages are found by either name."""
    repo = await world.repo({"web": "build -> prod!"})
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    before = repo.repository.full_name
    await repo.rename("site")
    await repo.action("build").end()
    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"
    assert set((await pull_request.head.statuses()).values()) == {"success"}

    await pull_request.push("Under the new name")
    after = repo.repository.full_name
    execution = await pull_request.head.execution()
    assert (execution.number, execution.lane.repository.full_name) == (2, after)
    assert len(await pull_request.by_bot()) == 1
    assert before.partition("/")[2] != after.partition("/")[2] == "site"
    for name in (before, after):
        assert after in await world.page(f"/repositories/{repo.repository.provider}/{name}")
