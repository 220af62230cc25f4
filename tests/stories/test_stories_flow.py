"""How executions go through stages, as people see it on the host and on the pages: order, one at a time, who waits."""

import json
from typing import Any

import pytest

from tests.world.world import World

pytestmark = pytest.mark.engine


async def lane(world: World) -> Any:
    """The state view of the only lane."""
    (found,) = json.loads(await world.page("/api/lanes"))["lanes"]
    return found


async def test_actions_of_one_order_run_beside_each_other_and_the_next_order_after_all_of_them(world: World) -> None:
    """STR-17, STG-1."""
    repo = await world.repo("build: unit+lint > package")
    for name in ("unit", "lint"):
        repo.action(name).held()
    push = await repo.push()
    assert (repo.action("unit").running, repo.action("lint").running) == (True, True)
    await repo.action("lint").end()
    assert repo.action("package").jobs == []
    await repo.action("unit").end()

    assert len(repo.action("package").jobs) == 1
    assert await push.status() == "Succeeded"


async def test_different_stages_hold_different_executions_and_each_one_only(world: World) -> None:
    """SUP-1: seen in the state view, too."""
    repo = await world.repo("build -> prod")
    repo.action("prod").held()
    first = await repo.push("The first")
    repo.action("build").held()
    second = await repo.push("The second")
    stages = (await lane(world))["stages"]
    assert [(one["name"], one["latest"]["number"], one["status"]) for one in stages] == [
        ("build", 2, "InProgress"),
        ("prod", 1, "InProgress"),
    ]
    await repo.action("build").end()
    assert [one["number"] for one in (await lane(world))["stages"][1]["inbound"]] == [2]
    assert len(repo.action("prod").jobs) == 1

    await repo.action("prod").end()
    assert [await first.status(), await second.status()] == ["Succeeded", "Succeeded"]


async def test_what_runs_in_parallel_is_seen_by_its_id_and_has_no_state_of_stages(world: World) -> None:
    """PAR-1, PAR-2."""
    repo = await world.repo("build -> prod", mode="parallel")
    pushes = []
    for number in range(3):
        repo.action("build").held()
        pushes.append(await repo.push(f"Change {number}"))
    assert len(repo.action("build").jobs) == 3
    state = await lane(world)
    assert [(one["latest"], one["inbound"]) for one in state["stages"]] == [(None, []), (None, [])]
    assert [one["number"] for one in state["live"]] == [3, 2, 1]
    page = await world.page(state["url"].removeprefix(world.url))
    for number, push in enumerate(pushes):
        execution = await push.execution()
        assert f'href="/executions/{execution.id}"' in page
        assert f"Change {number}" in await world.page(f"/executions/{execution.id}")
        await repo.action("build").end()

    assert [await push.status() for push in pushes] == ["Succeeded"] * 3


async def test_who_waits_at_a_held_stage_is_seen_with_who_holds_it_and_why(world: World) -> None:
    """TRN-2, INB-2: on the lane's page and in the state view."""
    repo = await world.repo("build -> prod")
    first = await repo.push("The first")
    await first.comment("/hold prod over Christmas", by=world.ben)
    second = await repo.push("The second")
    state = await lane(world)
    (_, prod) = state["stages"]
    door = prod["transition"]
    assert (door["enabled"], door["changed_by"], door["reason"]) == (False, "ben", "over Christmas")
    assert [(one["number"], one["revision"]["summary"]) for one in prod["inbound"]] == [(2, "The second")]
    assert prod["latest"]["number"] == 1
    page = await world.page(state["url"].removeprefix(world.url))
    assert "Held by ben" in page
    assert "over Christmas" in page

    await second.comment("/release prod")
    assert await second.status() == "Succeeded"
    assert "Held by" not in await world.page(state["url"].removeprefix(world.url))


async def test_who_has_been_overtaken_is_not_retried(world: World) -> None:
    """RET-5, SUP-6: another execution has entered the stage since."""
    repo = await world.repo("build -> prod")
    repo.action("build").fails()
    first = await repo.push("The first")
    second = await repo.push("The second")
    assert [await first.status(), await second.status()] == ["Failed", "Succeeded"]
    comment = await first.comment("/retry")

    assert await first.status() == "Failed"
    assert await first.reactions(comment) == world.refused
    assert len(repo.action("build").jobs) == 2


async def test_an_action_is_told_the_execution_that_it_belongs_to(world: World) -> None:
    repo = await world.repo(
        "stages:\n  - name: build\n    actions:\n"
        "      - name: show\n        run: echo hello\n        env: {ID: '#{codepipeline.PipelineExecutionId}'}\n"
    )
    push = await repo.push()
    (job,) = repo.action("show").jobs

    assert job.env["ID"] == (await push.execution()).id


async def test_a_second_stop_is_refused_but_the_first_may_be_made_harder(world: World) -> None:
    """Section 13: stop and wait cannot be asked for twice, to abandon always helps."""
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    push = await repo.push()
    await push.comment("/stop")
    again = await push.comment("/stop")
    assert await push.reactions(again) == world.refused
    assert await push.status() == "Stopping"

    await push.comment("/stop abandon it hangs")
    assert await push.status() == "Stopped"
    assert not repo.action("build").running
