"""What happens on a host while the bot is down: found by looking, run once, and once only, however late it is told after all."""

from typing import cast

import pytest

from tests.world.host import FaultyHost
from tests.world.world import World

pytestmark = pytest.mark.needs("faults")


@pytest.fixture
def host(world: World) -> FaultyHost:
    return cast("FaultyHost", world.host)


async def test_what_was_pushed_while_the_bot_was_down_runs_once_for_the_newest(world: World, host: FaultyHost) -> None:
    """However many pushes there were, and also when the host delivers them all late."""
    repo = await world.repo("build -> prod")
    before = await repo.push("Before")
    await world.look()
    host.cut_off(cut=True)
    missed = await repo.push("Missed")
    newest = await repo.push("Missed, too")
    elsewhere = await repo.push("On a branch", branch="feature")
    host.cut_off(cut=False)
    assert await newest.executions() == []

    await world.look()
    assert await newest.status() == "Succeeded"
    assert set((await newest.statuses()).values()) == {"success"}
    assert "found by looking" in (await newest.execution()).trigger.detail
    await world.look()
    await host.deliver_late()
    await world.settled()
    assert [len(await push.executions()) for push in (before, missed, newest, elsewhere)] == [1, 0, 1, 0]

    after = await repo.push("After")
    assert await after.status() == "Succeeded"
    await world.look()
    assert len(await repo.executions()) == 3


async def test_the_first_look_runs_nothing_and_the_next_what_is_new_since(world: World, host: FaultyHost) -> None:
    """What was there before the bot came is no news: neither branches nor tags nor pull requests."""
    repo = await world.repo("build", triggers={"push": {"branches": ["**"], "tags": ["**"]}, "pull_request": {}})
    host.cut_off(cut=True)
    old = await repo.open_pull_request(branch="old")
    await repo.push_tag("v1")
    host.cut_off(cut=False)
    await repo.push("The first that is told")
    await world.look()
    assert [execution.revision.branch for execution in await repo.executions()] == ["main"]

    host.cut_off(cut=True)
    newer = await old.push("Newer")
    tagged = await repo.push_tag("v2")
    host.cut_off(cut=False)
    await world.look()
    assert sorted(str(execution.lane.ref) for execution in await newer.executions()) == ["heads/old", "pull/1"]
    assert [str(execution.lane.ref) for execution in await tagged.executions()] == ["heads/main", "tags/v2"]


async def test_a_pull_request_that_was_opened_and_closed_while_the_bot_was_down(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build -> prod!")
    await repo.push()
    await world.look()
    host.cut_off(cut=True)
    pull_request = await repo.open_pull_request()
    host.cut_off(cut=False)
    await world.look()
    assert await pull_request.status() == "InProgress"
    assert len(await pull_request.by_bot()) == 1, "it reports as for any other"
    await host.deliver_late()
    await world.settled()
    assert len(await pull_request.head.executions()) == 1

    host.cut_off(cut=True)
    await pull_request.close()
    host.cut_off(cut=False)
    await world.look()
    assert await pull_request.status() == "Stopped"
    await host.deliver_late()
    await world.settled()
    assert len(await pull_request.head.executions()) == 1


async def test_a_branch_that_was_deleted_while_the_bot_was_down_can_come_back(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    first = await repo.push(branch="feature")
    await world.look()
    host.cut_off(cut=True)
    await repo.delete_branch("feature")
    host.cut_off(cut=False)
    await world.look()
    assert len(await first.executions()) == 1
    again = await repo.push("Again", branch="feature")
    assert await again.status() == "Succeeded"


async def test_what_is_told_while_the_bot_looks_is_newer_than_what_it_finds(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build")
    await repo.push("Before")
    await world.look()
    host.cut_off(cut=True)
    missed = await repo.push("Missed")
    found = await world.bot.catching_up.find(repo.repository, "main")
    host.cut_off(cut=False)
    told = await repo.push("Told")
    await world.bot.catching_up.keep(found)
    await world.settled()
    assert [len(await push.executions()) for push in (missed, told)] == [0, 1]
