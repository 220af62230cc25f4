"""`environment:`: one execution at a time in the whole repository, whichever branch, pull request or pipeline it comes from."""

import pytest

from tests.world.repo import Push, Repo
from tests.world.world import World

pytestmark = pytest.mark.engine

FILE = """\
name: {name}
mode: {mode}
triggers: {{push: {{branches: {{include: ["**"], exclude: [hello]}}}}, pull_request: {{events: [opened, updated]}}}}
stages:
  - name: build
    actions: [{{name: build, run: build}}]
  - name: prod
    environment: production
    actions:
{prod}
"""
DEPLOY = "      - {name: deploy, run: deploy}"
ASKED = "      - {name: go, approve: {}}"


def text(prod: str = DEPLOY, mode: str = "superseded", name: str = "web") -> str:
    return FILE.format(prod=prod, mode=mode, name=name)


async def pushes(repo: Repo, *branches: str) -> list[Push]:
    return [await repo.push(branch=branch) for branch in branches]


async def words(push: Push) -> str:
    return (await push.described())["web"]


@pytest.mark.needs("rewords")
async def test_branches_take_turns_first_come_first(world: World) -> None:
    repo = await world.repo(text())
    for _ in range(3):
        repo.action("deploy").held()
    on_main, on_one, on_two = await pushes(repo, "main", "one", "two")
    assert await words(on_main) == "1 of 2 stages · running prod"
    taken = "1 of 2 stages · waiting to enter prod: environment production is taken by web #1 on main"
    assert [await words(on_one), await words(on_two)] == [taken, f"{taken}, 1 before this one"]
    assert "taken by web #1 on main" in await world.page(f"/executions/{(await on_one.execution()).id}")
    await on_two.comment("/status")
    assert "environment production is taken by web #1 on main, 1 before this one" in (await on_two.answers())[
        0
    ].replace("\u200b", "")

    await repo.action("deploy").end()
    assert await words(on_one) == "1 of 2 stages · running prod"
    assert (await words(on_two)).endswith("taken by web #2 on one")
    await repo.action("deploy").end()
    await repo.action("deploy").end()
    assert [await one.status() for one in (on_main, on_one, on_two)] == ["Succeeded"] * 3


async def test_pipelines_that_name_the_same_environment_mean_the_same(world: World) -> None:
    repo = await world.repo({"web": text(), "api": text(name="api")})
    repo.action("deploy").held()
    push = await repo.push()
    states = await push.statuses()
    assert sorted(states[name] for name in ("web", "api")) == ["pending", "pending"]
    assert len(repo.action("deploy").jobs) == 1
    await repo.action("deploy").end()
    assert {name: state for name, state in (await push.statuses()).items() if "/" not in name} == {
        "web": "success",
        "api": "success",
    }


async def test_whatever_ends_the_stage_gives_it_back(world: World) -> None:
    repo = await world.repo(text())
    for how in ("failure", "stop", "abandon"):
        repo.action("deploy").held()
        first = await repo.push(branch=f"first-{how}")
        second = await repo.push(branch=f"second-{how}")
        assert await second.status() == "InProgress", how
        if how == "failure":
            await repo.action("deploy").end(1)
        else:
            await first.comment("/stop abandon" if how == "abandon" else "/stop")
        if how == "stop":
            assert await second.status() == "InProgress"
            await repo.action("deploy").end()
        assert await second.status() == "Succeeded", how


async def test_a_rejected_or_unanswered_approval_gives_it_back(world: World) -> None:
    repo = await world.repo(text(ASKED))
    one, two, three = await pushes(repo, "one", "two", "three")
    await one.comment("/reject")
    assert await one.status() == "Failed"
    await world.wind(days=7)
    assert await two.status() == "Failed"
    await three.comment("/approve")
    assert await three.status() == "Succeeded"


@pytest.mark.needs("rewords")
async def test_a_retry_waits_for_it_again(world: World) -> None:
    repo = await world.repo(text())
    repo.action("deploy").held()
    repo.action("deploy").held()
    one, two = await pushes(repo, "one", "two")
    await repo.action("deploy").end(1)
    await one.comment("/retry")
    assert await one.status() == "InProgress"
    assert (await words(one)).endswith("environment production is taken by web #2 on two")
    await repo.action("deploy").end()
    assert [await one.status(), await two.status()] == ["Succeeded", "Succeeded"]
    assert len(repo.action("deploy").jobs) == 3


@pytest.mark.needs("rewords")
async def test_who_waits_for_it_can_be_superseded_and_the_newer_has_its_place(world: World) -> None:
    repo = await world.repo(text())
    repo.action("deploy").held()
    repo.action("deploy").held()
    (on_main,) = await pushes(repo, "main")
    one, two, one_again = await pushes(repo, "one", "two", "one")
    assert await one.status() == "Superseded"
    await repo.action("deploy").end()
    assert await words(one_again) == "1 of 2 stages · running prod"
    await repo.action("deploy").end()
    assert [await p.status() for p in (on_main, two, one_again)] == ["Succeeded"] * 3


@pytest.mark.needs("rewords")
async def test_who_waits_for_it_can_be_stopped_and_held(world: World) -> None:
    repo = await world.repo(text())
    repo.action("deploy").held()
    on_main, one, two, three = await pushes(repo, "main", "one", "two", "three")
    await one.comment("/stop")
    await two.comment("/hold prod not yet")
    assert "held by ada" in await words(two)
    assert await one.status() == "Stopped"
    await repo.action("deploy").end()
    assert [await p.status() for p in (on_main, two, three)] == ["Succeeded", "InProgress", "Succeeded"]
    await two.comment("/release prod")
    assert await two.status() == "Succeeded"


@pytest.mark.needs("rewords")
async def test_in_parallel_mode_it_is_still_one_at_a_time(world: World) -> None:
    repo = await world.repo(text(mode="parallel"))
    repo.action("deploy").held()
    repo.action("deploy").held()
    one, two = await pushes(repo, "main", "main")
    assert (await words(two)).endswith("environment production is taken by web #1 on main")
    await repo.action("deploy").end()
    assert [await one.status(), await words(two)] == ["Succeeded", "1 of 2 stages · running prod"]
    await repo.action("deploy").end()
    assert await two.status() == "Succeeded"


@pytest.mark.needs("rewords")
async def test_a_closed_pull_request_gives_it_back(world: World) -> None:
    repo = await world.repo(text(ASKED))
    pull_request = await repo.open_pull_request()
    one = await repo.push(branch="one")
    assert (await words(one)).endswith("environment production is taken by web #1 on pull request 1")
    await pull_request.close()
    assert await pull_request.status() == "Stopped"
    await one.comment("/approve")
    assert await one.status() == "Succeeded"
