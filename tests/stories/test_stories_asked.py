"""Where people are asked for an approval of a branch, and how they are reminded of one."""

import pytest

from tests.world.repo import Push
from tests.world.world import World

ON_MAIN = {"push": {"branches": ["main"]}}


@pytest.mark.needs("merges")
async def test_what_a_merge_brought_is_asked_for_on_its_pull_request(world: World) -> None:
    repo = await world.repo("build -> prod!", triggers=ON_MAIN)
    await repo.push("Begin", branch="hello")
    pull_request = await repo.open_pull_request("Say hello", branch="hello")
    await pull_request.merge()
    [execution] = await repo.executions()
    merged = Push(repo, execution.revision.commit)
    world.commits.setdefault(merged.commit, "<merged>")
    assert await merged.status() == "InProgress"
    assert any("web is waiting for approval: prod/prod" in body for body in await pull_request.by_bot())
    assert await merged.comments() == []

    await pull_request.comment("/approve all is well", by=world.ben)
    assert await merged.status() == "Succeeded"
    assert any("approved by ben: all is well" in body for body in await pull_request.by_bot())


async def test_a_plain_push_is_asked_for_below_its_commit(world: World) -> None:
    repo = await world.repo("build -> prod!")
    first = await repo.push()
    assert ["waiting for approval: prod/prod" in body for body in await first.by_bot()] == [True]
    await first.comment("/approve")
    assert await first.status() == "Succeeded"
    assert ["web succeeded" in body for body in await first.by_bot()] == [True]


async def test_nothing_is_said_below_a_commit_that_asks_nothing(world: World) -> None:
    repo = await world.repo("build")
    push = await repo.push()
    assert await push.comments() == []


@pytest.mark.needs("merges")
async def test_on_a_merged_pull_request_only_what_it_brought_is_meant(world: World) -> None:
    """A stop there leaves alone what else runs on the branch."""
    repo = await world.repo("prod!", triggers=ON_MAIN, mode="queued")
    await repo.push("Begin", branch="hello")
    pull_request = await repo.open_pull_request("Say hello", branch="hello")
    await pull_request.merge()
    later = await repo.push("Later")
    [merged, _] = await repo.executions()
    await pull_request.comment("/stop abandon")
    [merged, after] = await repo.executions()
    assert (str(merged.status), str(after.status)) == ("Stopped", "InProgress")
    await later.comment("/approve")
    assert await later.status() == "Succeeded"


@pytest.mark.engine
async def test_people_are_reminded_at_half_time_and_a_day_before_the_end(world: World) -> None:
    repo = await world.repo("prod!")
    pull_request = await repo.open_pull_request()

    async def reminders() -> list[str]:
        return [body for body in await pull_request.by_bot() if "still waits for approval" in body]

    await world.wind(days=3.4)
    assert await reminders() == []
    await world.wind(days=0.2)
    assert len(await reminders()) == 1
    assert "prod/prod" in (await reminders())[0]
    await world.wind(days=2.5)
    assert len(await reminders()) == 2
    assert "22 h" in (await reminders())[1] or "21 h" in (await reminders())[1]
    await world.wind(days=1)
    assert await pull_request.status() == "Failed"
    assert len(await reminders()) == 2


@pytest.mark.engine
async def test_who_has_answered_is_not_reminded_and_short_waits_are_not(world: World) -> None:
    repo = await world.repo({"web": "prod!"})
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve")
    repo.define("prod!", approve={"timeout": "30m"})
    short = await repo.open_pull_request(branch="short")
    await world.wind(seconds=1700)
    await world.wind(days=6.5)
    for one in (pull_request, short):
        assert not any("still waits" in body for body in await one.by_bot())
