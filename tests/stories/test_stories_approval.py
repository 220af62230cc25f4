"""Approvals: asked for, answered by a comment of somebody who may, and bound to what is being looked at."""

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.world.world import World


async def test_an_approval_is_asked_for_and_answered(world: World) -> None:
    asked = {"message": "Release #{source.CommitId}?", "link": "https://example.org/plan"}
    repo = await world.repo("build -> prod: go-live! > roll-out", approve=asked)
    pull_request = await repo.open_pull_request()
    assert await pull_request.status() == "InProgress"
    assert "waiting for approval: prod/go-live" in (await pull_request.head.described())["web"]
    [comment_of_bot] = await pull_request.by_bot()
    assert "https://example.org/plan" in comment_of_bot
    assert "Release <commit 1>?" in comment_of_bot
    assert "until Mon 30 Nov, 15:50 UTC" in comment_of_bot, "a week, where the file says nothing else (APR-7)"

    comment = await pull_request.comment("/approve looks good", by=world.ben)
    assert await pull_request.status() == "Succeeded"
    assert await pull_request.reactions(comment) == ("+1",)
    assert await pull_request.answers() == []
    assert (await pull_request.head.described())["web/prod"] == "succeeded in 0 s · go-live approved by ben: looks good"


@pytest.mark.engine
async def test_ways_to_say_it(world: World) -> None:
    repo = await world.repo("prod: go-live!")
    for text in ("/approve prod", "/approve prod/go-live", "/penstock approve", "I like it.\n\n/Approve"):
        push = await repo.push()
        await push.comment(text)
        assert await push.status() == "Succeeded", text


@pytest.mark.engine
async def test_a_refusal_ends_it_with_the_words_it_was_given(world: World, said: SnapshotAssertion) -> None:
    repo = await world.repo("build -> prod: go-live! > roll-out")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/reject prod too early", by=world.ben)

    assert await pull_request.status() == "Failed"
    assert repo.action("roll-out").jobs == []
    assert (await pull_request.by_bot()) == said
    assert "rejected by ben: too early" in (await pull_request.head.described())["web"]


@pytest.mark.engine
async def test_several_approvals_are_of_different_people(world: World) -> None:
    repo = await world.repo("build -> prod!", approve={"count": 2})
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve", by=world.ada)
    await pull_request.comment("/approve", by=world.ada)
    assert await pull_request.status() == "InProgress"
    assert "1 of 2" in (await pull_request.head.described())["web/prod"]
    assert "Your answer to `prod/prod` counts already" in (await pull_request.answers())[0]

    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"


async def test_the_author_does_not_count_where_the_file_says_so(world: World) -> None:
    repo = await world.repo("build -> prod!", approve={"self": False})
    pull_request = await repo.open_pull_request(by=world.ada)
    comment = await pull_request.comment("/approve", by=world.ada)
    assert await pull_request.status() == "InProgress"
    assert await pull_request.reactions(comment) == world.refused
    assert "must not be approved by the author of the change" in (await pull_request.answers())[0]

    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"


async def test_who_may_not_write_may_not_answer(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    for nobody in (world.cleo, world.dan):
        await pull_request.comment("/approve", by=nobody)
        assert await pull_request.status() == "InProgress"
        assert "That needs the write role in this repository" in (await pull_request.answers())[-1]


async def test_only_those_named_may_answer(world: World) -> None:
    dan = world.called(world.dan)
    await world.host.team("acme/release", [world.cleo])
    repo = await world.repo("build -> prod!", approve={"by": ["team:acme/release", f"user:{dan}"]})
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve", by=world.ada)
    assert await pull_request.status() == "InProgress"
    assert f"can be answered by acme/release, {dan} only" in (await pull_request.answers())[0]

    await pull_request.comment("/approve", by=world.cleo)
    assert await pull_request.status() == "Succeeded"


NOT_SAID = (
    "> /approve",
    "```\n/approve\n```",
    "    /approve",
    "Just say `/approve`",
    "<!-- /approve -->",
    "I /approve of that",
)


@pytest.mark.engine
async def test_what_is_quoted_or_code_is_not_said(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    for text in NOT_SAID:
        comment = await pull_request.comment(text)
        assert await pull_request.status() == "InProgress", text
        assert await pull_request.reactions(comment) == ()
    assert await pull_request.answers() == []


async def test_an_edited_comment_is_not_acted_on(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment("Let me think.")
    await world.host.edit_comment(comment, "/approve", world.ada)
    await world.settled()

    assert await pull_request.status() == "InProgress"


async def test_the_bots_own_words_are_no_commands(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    body = "<!-- penstock:pipeline:web -->\n/approve"
    await pull_request.comment(body, by=await world.host.person(world.host.bot))

    assert await pull_request.status() == "InProgress"
    assert len(await pull_request.comments()) == 2


@pytest.mark.engine
async def test_an_answer_to_what_is_no_longer_the_newest_is_refused(world: World) -> None:
    """The older revision waits on (`outdated: finish`), and the comment was written below the newer one."""
    repo = await world.repo("build -> prod!", outdated="finish")
    pull_request = await repo.open_pull_request("First")
    first = pull_request.head
    await pull_request.push("Second")
    await pull_request.comment("/approve")

    assert await first.status() == "InProgress"
    assert "but the newest one here is" in (await pull_request.answers())[0]


@pytest.mark.engine
async def test_the_new_push_asks_anew(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request("First")
    first = pull_request.head
    second = await pull_request.push("Second")
    await pull_request.comment("/approve")

    assert [await first.status(), await second.status()] == ["Superseded", "Succeeded"]


@pytest.mark.engine
async def test_a_second_answer_comes_too_late(world: World) -> None:
    repo = await world.repo("build -> prod: go-live! > roll-out")
    repo.action("roll-out").held()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve prod", by=world.ada)
    await pull_request.comment("/reject prod", by=world.ben)

    assert await pull_request.answers() == ["`prod` has been answered already."]
    await repo.action("roll-out").end()
    assert await pull_request.status() == "Succeeded"


@pytest.mark.engine
async def test_where_several_wait_one_must_be_named(world: World) -> None:
    repo = await world.repo("prod: legal!+technical!")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve")
    assert await pull_request.answers() == [
        "More than one approval waits. Name the one you mean, behind the command: `prod/legal`, `prod/technical`."
    ]

    await pull_request.comment("/approve prod/legal\n/approve prod/technical")
    assert await pull_request.status() == "Succeeded"


async def test_a_pushs_approval_is_answered_on_the_commit(world: World) -> None:
    repo = await world.repo("build -> prod!")
    push = await repo.push()
    comment = await push.comment("/approve", by=world.ben)

    assert await push.status() == "Succeeded"
    assert await push.reactions(comment) == ("+1",)


@pytest.mark.engine
async def test_nobody_answers_for_a_week(world: World) -> None:
    """APR-7: the approval fails, and says why."""
    repo = await world.repo("build -> prod!")
    push = await repo.push()
    await world.wind(days=6.99)
    assert await push.status() == "InProgress"
    await world.wind(days=0.01)

    assert await push.status() == "Failed"
    assert "nobody answered in time" in (await push.described())["web"]


@pytest.mark.engine
async def test_the_file_may_give_less_time(world: World) -> None:
    repo = await world.repo("build -> prod!", approve={"timeout": "10m"})
    push = await repo.push()
    await world.wind(seconds=599)
    assert await push.status() == "InProgress"
    await world.wind(seconds=1)
    assert await push.status() == "Failed"


@pytest.mark.engine
async def test_an_approval_in_time_outlives_its_deadline(world: World) -> None:
    repo = await world.repo("build -> prod: go-live! > roll-out", approve={"timeout": "10m"})
    repo.action("roll-out").held()
    push = await repo.push()
    await push.comment("/approve")
    await world.wind(seconds=3600)
    await repo.action("roll-out").end()

    assert await push.status() == "Succeeded"
