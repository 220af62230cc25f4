"""Holding a stage and releasing it: who waits there is told by whom, since when and why."""

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.world.world import World

pytestmark = pytest.mark.engine

HELD = "held by ada since Mon 23 Nov, 15:50 UTC: over Christmas"


async def test_trn_2_3_a_held_stage_lets_nobody_in_and_says_why(world: World, said: SnapshotAssertion) -> None:
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment("/hold prod over Christmas")
    assert await pull_request.reactions(comment) == ("+1",)
    await repo.action("build").end()

    assert await pull_request.status() == "InProgress"
    assert (await pull_request.head.described())["web"] == f"1 of 2 stages · waiting to enter prod: {HELD}"
    assert (await pull_request.by_bot()) == said
    await pull_request.comment("/status")
    assert (await pull_request.answers()) == said
    execution = await pull_request.head.execution()
    assert "Held by ada: over Christmas" in await world.page(f"/executions/{execution.id}")

    await pull_request.comment("/release prod", by=world.ben)
    assert await pull_request.status() == "Succeeded"


async def test_trn_4_of_those_that_came_the_newest_enters(world: World) -> None:
    repo = await world.repo("build -> prod")
    first = await repo.push("1")
    await first.comment("/hold prod until the meeting is over")
    second, third = await repo.push("2"), await repo.push("3")
    assert [await second.status(), await third.status()] == ["Superseded", "InProgress"]

    await third.comment("/release prod")
    assert await third.status() == "Succeeded"


async def test_trn_3_who_is_inside_is_not_affected(world: World) -> None:
    repo = await world.repo("build -> prod!")
    push = await repo.push()
    await push.comment("/hold prod")
    await push.comment("/approve")

    assert await push.status() == "Succeeded"


async def test_a_hold_outlives_what_ran_and_is_told_when_nothing_waits(world: World) -> None:
    repo = await world.repo("build -> prod")
    first = await repo.push()
    await first.comment("/hold prod over Christmas")
    await first.comment("/status")
    assert f"`web:prod` is {HELD}" in (await first.answers())[0]

    second = await repo.push()
    assert await second.status() == "InProgress"


async def test_trn_1_the_first_stage_of_the_file_can_be_held(world: World) -> None:
    """The source stage is implicit, so it is not the first of the pipeline."""
    repo = await world.repo("build")
    first = await repo.push()
    await first.comment("/hold build")
    second = await repo.push()
    assert (await second.described())["web"].startswith("0 of 1 stage · waiting to enter build: held by ada")
    await second.comment("/release build")
    assert await second.status() == "Succeeded"


async def test_a_hold_is_the_lanes(world: World) -> None:
    """One held on a pull request holds nothing of another, nor of the branch."""
    repo = await world.repo("build -> prod")
    one = await repo.open_pull_request(branch="one")
    await one.comment("/hold prod")
    other = await repo.open_pull_request(branch="other")
    on_main = await repo.push()
    assert [await other.status(), await on_main.status()] == ["Succeeded", "Succeeded"]
    await one.push()
    assert await one.status() == "InProgress"


async def test_a_merged_pull_request_holds_its_target_branch(world: World) -> None:
    repo = await world.repo("build -> prod")
    await repo.push()
    pull_request = await repo.open_pull_request()
    await pull_request.merge()
    await pull_request.comment("/hold prod until all is well")
    held = await repo.push()
    assert "until all is well" in (await held.described())["web"]

    await pull_request.comment("/release prod")
    assert await held.status() == "Succeeded"


async def test_trn_2_both_can_be_done_twice(world: World) -> None:
    repo = await world.repo("build -> prod")
    push = await repo.push()
    for text in ("/release prod", "/hold prod one", "/hold prod two", "/release prod", "/release prod"):
        comment = await push.comment(text)
        assert await push.reactions(comment) == ("+1",), text
    assert await push.answers() == []
    assert await (await repo.push()).status() == "Succeeded"


async def test_who_may_not_write_may_not_hold(world: World) -> None:
    repo = await world.repo("build -> prod")
    push = await repo.push()
    await push.comment("/hold prod", by=world.cleo)
    assert "That needs the write role" in (await push.answers())[0]
    assert await (await repo.push()).status() == "Succeeded"


async def test_a_stage_that_is_not_there_is_not_held(world: World) -> None:
    repo = await world.repo({"web": "build -> prod", "api": "prod"})
    push = await repo.push()
    await push.comment("/hold live")
    await push.comment("/hold prod")
    assert await push.answers() == [
        "There is no `live` here. The stages are `build`, `prod`.",
        "More than one pipeline can be meant. Name one, behind the command: `web:prod`, `api:prod`.",
    ]
    await push.comment("/hold web:prod")
    again = await repo.push()
    assert (await again.statuses())["web"] == "pending"
    assert (await again.statuses())["api"] == "success"


async def test_inb_1_who_is_stopped_at_a_held_stage_does_not_enter_later(world: World) -> None:
    repo = await world.repo("build -> prod")
    first = await repo.push()
    await first.comment("/hold prod")
    second = await repo.push()
    await second.comment("/stop")
    assert await second.status() == "Stopped"
    await second.comment("/retry")
    assert "nothing to retry" in (await second.answers())[0]
    await second.comment("/release prod")
    assert await second.status() == "Stopped"


async def test_trn_5_what_was_held_for_more_than_30_days_does_not_go_on(world: World) -> None:
    repo = await world.repo("build -> prod", mode="queued")
    first = await repo.push()
    await first.comment("/hold prod")
    long, short = await repo.push(), None
    await world.wind(days=29)
    short = await repo.push()
    await world.wind(days=1.5)
    await short.comment("/release prod")

    assert [await long.status(), await short.status()] == ["Stopped", "Succeeded"]
    assert "held before prod for more than 30 days: a new start is needed" in (await long.described())["web"]
