"""Mode `queued`: everybody gets a turn, in order, and can see when. Mode `parallel`: nobody waits."""

import pytest

from tests.world.world import World

pytestmark = pytest.mark.engine


@pytest.mark.needs("rewords")
async def test_que_1_3_five_pushes_all_run_in_order_and_see_their_place(world: World) -> None:
    repo = await world.repo("build -> prod", mode="queued")
    for _ in range(5):
        repo.action("build").held()
    pushes = [await repo.push(str(number)) for number in range(1, 6)]
    assert [await one.status() for one in pushes] == ["InProgress"] * 5
    assert [(await one.described())["web"] for one in pushes] == [
        "0 of 2 stages · running build",
        "0 of 2 stages · waiting to enter build: execution 1 is in it",
        "0 of 2 stages · waiting to enter build: execution 1 is in it, 1 before this one",
        "0 of 2 stages · waiting to enter build: execution 1 is in it, 2 before this one",
        "0 of 2 stages · waiting to enter build: execution 1 is in it, 3 before this one",
    ]

    await repo.action("build").end()
    assert (await pushes[1].described())["web"] == "0 of 2 stages · running build"
    assert (await pushes[3].described())["web"].endswith("execution 2 is in it, 1 before this one")
    for _ in range(4):
        await repo.action("build").end()

    assert [await one.status() for one in pushes] == ["Succeeded"] * 5
    ran = [job.id.split("/")[0] for job in repo.action("build").jobs]
    assert ran == [(await one.execution()).id for one in pushes]


async def test_que_2_the_place_is_told_wherever_one_looks(world: World) -> None:
    repo = await world.repo("build", mode="queued", outdated="finish")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    waiting = await pull_request.push()

    words = "waiting to enter build: execution 1 is in it"
    assert words in (await pull_request.by_bot())[0]
    await pull_request.comment("/status")
    assert words in (await pull_request.answers())[0]
    assert "Waits to enter: execution 1 is in it" in await world.page(f"/executions/{(await waiting.execution()).id}")


@pytest.mark.needs("rewords")
async def test_que_6_who_is_stopped_in_the_queue_leaves_it(world: World) -> None:
    repo = await world.repo("build", mode="queued")
    repo.action("build").held()
    first, second, third = [await repo.push(str(number)) for number in (1, 2, 3)]
    await second.comment("/stop changed my mind")
    assert await second.status() == "Stopped"
    assert (await third.described())["web"].endswith("execution 1 is in it")

    await repo.action("build").end()
    assert [await first.status(), await third.status()] == ["Succeeded", "Succeeded"]


async def test_que_4_one_too_many_is_refused_for_all_to_see(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ceiling itself is proved in the core's tests: fifty pushes take long."""
    monkeypatch.setattr("bot.core.start.CEILING", 3)
    repo = await world.repo("build", mode="queued", outdated="finish")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    for number in range(2):
        await pull_request.push(f"More {number}")
    assert await pull_request.status() == "InProgress"

    too_many = await pull_request.push("Too much")
    assert await too_many.executions() == []
    words = "3 executions run here already, and that is the most"
    assert (await too_many.described())["web"].startswith(f"not started: {words}")
    assert any("was not started" in body and words in body for body in await pull_request.by_bot())
    await pull_request.comment("/why")
    assert words in (await pull_request.answers())[-1]


async def test_par_1_what_runs_in_parallel_waits_for_nothing(world: World) -> None:
    repo = await world.repo("build -> prod", mode="parallel")
    repo.action("build").held()
    first, second = await repo.push("1"), await repo.push("2")
    assert [await first.status(), await second.status()] == ["InProgress", "Succeeded"]

    await repo.action("build").end()
    assert await first.status() == "Succeeded"


async def test_par_1_five_actions_of_one_execution_run_at_once(world: World) -> None:
    names = [f"test-{number}" for number in range(1, 8)]
    repo = await world.repo(f"all: {'+'.join(names)} > done", mode="parallel")
    for name in names:
        repo.action(name).held()
    push = await repo.push()
    assert [repo.action(name).running for name in names] == [True] * 5 + [False] * 2

    await repo.action("test-3").end()
    assert [repo.action(name).running for name in names] == [True, True, False, True, True, True, False]
    for name in ("test-1", "test-2", "test-4", "test-5", "test-6", "test-7"):
        await repo.action(name).end()
    assert await push.status() == "Succeeded"
