"""A stage is brought back to what succeeded there before, by hand and by itself (section 15; features 63 to 65)."""

from typing import Any

import pytest

from bot.model.rollback import ExecutionType
from tests.stories.test_stories_conditions import file
from tests.world.world import World

pytestmark = pytest.mark.engine

BACK: dict[str, Any] = {"on_failure": "rollback"}


async def test_feature_63_by_hand_with_what_the_target_had(world: World) -> None:
    """RBK-1, RBK-2: only that stage, with the target's commit, variables and outputs of earlier stages."""
    text = file({}).replace("run: roll-out", "run: 'roll-out #{pkg.VERSION}'")
    repo = await world.repo(text)
    repo.action("unit").succeeds(VERSION="1")
    first = await repo.push("one")
    repo.action("unit").succeeds(VERSION="2")
    second = await repo.push("two")
    given = await second.comment("/rollback prod 1", by=world.ben)

    assert len(await second.reactions(given)) == 1
    assert world.script.order == ["unit", "roll-out", "tell", "unit", "roll-out", "tell", "roll-out"]
    assert repo.action("roll-out").jobs[2].env["PENSTOCK_REF_pkg_VERSION"] == "1"
    assert repo.action("roll-out").jobs[2].env["PENSTOCK_COMMIT"] == first.commit
    rollback = (await repo.executions())[2]
    assert (rollback.type, rollback.number, str(rollback.status)) == (ExecutionType.ROLLBACK, 3, "Succeeded")
    assert rollback.rollback is not None
    assert rollback.rollback.target_number == 1
    assert rollback.trigger.by is not None
    assert (rollback.trigger.kind.value, rollback.trigger.by.login) == ("manual_rollback", "ben")


async def test_what_people_see_of_a_rollback_on_both_commits(world: World) -> None:
    """The target's contexts are the rollback's now, but for the stages that it leaves alone; the failed commit says what became of it."""
    repo = await world.repo(file(BACK))
    good = await repo.push("good")
    before = await good.statuses()
    repo.action("roll-out").fails(3)
    bad = await repo.push("bad")

    assert await good.statuses() == before
    described = await good.described()
    assert described["web"].startswith("rolled prod back to execution 1 in")
    assert described["web"].endswith("1 of 1 stage")
    assert described["web/build"].startswith("succeeded in")
    assert (await bad.statuses())["web"] == "failure"
    assert "failed: prod/roll-out: exit status 3" in (await bad.described())["web"]
    assert "rolled back by execution 3" in (await bad.described())["web"]
    page = await world.page(f"/executions/{(await bad.execution()).id}")
    assert "execution 3" in page
    rollback = (await repo.executions())[2]
    page = await world.page(f"/executions/{rollback.id}")
    assert "Brings <strong>prod</strong> back to" in page
    assert "automatic rollback" in page


async def test_feature_65_by_itself_after_a_failure(world: World) -> None:
    """RBK-5, RBK-6."""
    repo = await world.repo(file(BACK))
    await repo.push("good")
    repo.action("roll-out").fails()
    await repo.push("bad")
    standard, failed, rollback = await repo.executions()

    assert (str(failed.status), failed.rolled_back_by) == ("Failed", rollback.id)
    assert rollback.rollback is not None
    assert (rollback.rollback.target, rollback.rollback.cause) == (standard.id, failed.id)
    assert (rollback.trigger.kind.value, rollback.trigger.detail) == (
        "automated_rollback",
        "execution 2 failed in prod",
    )
    assert rollback.revision.commit == standard.revision.commit


async def test_rbk_5_an_older_definition_is_not_gone_back_to(world: World) -> None:
    repo = await world.repo(file(BACK))
    await repo.push("good")
    repo.define(file(BACK, variables={"NEW": "x"}))
    repo.action("roll-out").fails()
    push = await repo.push("bad")

    assert len(await repo.executions()) == 2
    assert await push.status() == "Failed"
    repo.action("roll-out").succeeds()
    await push.comment("/retry")
    assert await push.status() == "Succeeded", "nothing has taken the stage"


async def test_rbk_8_a_failing_rollback_is_not_rolled_back_and_rbk_9_can_be_retried(world: World) -> None:
    repo = await world.repo(file(BACK))
    good = await repo.push("good")
    repo.action("roll-out").fails()
    repo.action("roll-out").fails(4)
    await repo.push("bad")
    assert [str(each.status) for each in await repo.executions()] == ["Succeeded", "Failed", "Failed"]
    assert "failed to roll prod back to execution 1: prod/roll-out: exit status 4" in (await good.described())["web"]

    await good.comment("/retry")
    assert [str(each.status) for each in await repo.executions()] == ["Succeeded", "Failed", "Succeeded"]


async def test_rbk_10_the_next_push_runs_as_ever(world: World) -> None:
    repo = await world.repo(file(BACK))
    await repo.push("good")
    repo.action("roll-out").fails()
    await repo.push("bad")
    third = await repo.push("better")
    assert await third.status() == "Succeeded"


async def test_without_a_target_it_goes_to_what_was_there_before(world: World) -> None:
    repo = await world.repo(file({}))
    await repo.push("one")
    await repo.push("two")
    push = await repo.push("three")
    await push.comment("/rollback prod")
    await push.comment("/rollback prod")
    targets = [each.rollback.target_number for each in await repo.executions() if each.rollback is not None]
    assert targets == [2, 1]
    await push.comment("/rollback prod")
    assert "There is nothing that `prod` could be rolled back to" in (await push.answers())[0]


async def test_feature_64_refusals_name_what_can_be_rolled_back_to(world: World) -> None:
    """RBK-3, RBK-4."""
    repo = await world.repo(file({}))
    await repo.push("one")
    repo.define(file({}, variables={"X": "y"}))
    await repo.push("two")
    repo.action("roll-out").fails()
    push = await repo.push("three")
    for command in ("prod 99", "prod 1", "prod 3", "nowhere", "prod 2", "prod 4", "build 2 3"):
        await push.comment(f"/rollback {command}")
    answers = await push.answers()

    assert answers[0].startswith("There is no execution `99` here. `prod` can be rolled back to: `2 (")
    assert "ran another definition of the pipeline than the one in force" in answers[1]
    assert answers[2].startswith("Execution 3 has not succeeded in `prod`.")
    assert answers[3].startswith("There is no `nowhere` here. The stages are `build`, `prod`, `end`")
    assert answers[4].startswith("Execution 4 is a rollback itself.")
    assert answers[5].startswith("I can't read what follows `rollback`.")
    assert len(answers) == 6


async def test_rbk_4_a_stage_that_runs_is_not_rolled_back(world: World) -> None:
    repo = await world.repo(file({}))
    await repo.push("one")
    repo.action("roll-out").held()
    push = await repo.push("two")
    await push.comment("/rollback prod 1")
    assert (await push.answers())[0].startswith("Execution 2 is in `prod`.")


async def test_rbk_7_who_waits_goes_on_waiting_and_enters_afterwards(world: World) -> None:
    repo = await world.repo(file(BACK))
    await repo.push("one")
    repo.action("roll-out").held()
    await repo.push("two")
    third = await repo.push("three")
    repo.action("roll-out").held()
    await repo.action("roll-out").end(1)
    assert [str(each.status) for each in await repo.executions()] == ["Succeeded", "Failed", "InProgress", "InProgress"]
    assert (await third.execution()).waiting
    await repo.action("roll-out").end()
    assert await third.status() == "Succeeded"


async def test_on_a_pull_request_the_comment_tells_of_the_rollback(world: World) -> None:
    repo = await world.repo(file({}))
    pull_request = await repo.open_pull_request()
    await pull_request.push()
    await pull_request.comment("/rollback prod 1")
    [comment] = [body for body in await pull_request.by_bot() if "penstock:pipeline" in body]
    assert "web rolled prod back to execution 1" in comment


async def test_a_merged_pull_request_is_a_place_to_roll_its_target_branch_back_from(world: World) -> None:
    repo = await world.repo(file({}))
    await repo.push("one")
    pull_request = await repo.open_pull_request()
    await pull_request.merge()
    await pull_request.comment("/rollback prod 1")
    rollback = (await repo.executions())[-1]
    assert rollback.type is ExecutionType.ROLLBACK
    assert str(rollback.lane.ref) == "heads/main"


async def test_whoever_may_only_read_rolls_nothing_back(world: World) -> None:
    repo = await world.repo(file({}))
    await repo.push("one")
    push = await repo.push("two")
    await push.comment("/rollback prod 1", by=world.cleo)
    assert len(await repo.executions()) == 2
    assert "needs the write role" in (await push.answers())[0]
