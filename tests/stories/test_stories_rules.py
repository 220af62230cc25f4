"""What each kind of rule makes of a stage that needs nobody to be asked (section 16.3; features 72, 73 and 75): windows, expressions, commands.

The clock stands at Mon 23 Nov 2026, 15:50 UTC.
"""

import pytest

from bot.model.condition import ConditionStatus
from tests.stories.answering import entry
from tests.stories.test_stories_conditions import check, file
from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine


async def test_feature_72_a_closed_window_is_waited_for_and_the_status_says_until_when(world: World) -> None:
    """RUL-5, RUL-6: nine to five in Berlin, where it is 16:50 already."""
    repo = await world.repo(file(entry(window={"cron": "* 9-15 * * 1-5", "timezone": "Europe/Berlin"})))
    push = await repo.push()
    described = await push.described()
    assert described["web/prod"] == (
        "waiting to enter, before entry: asked: the window opens Tue 24 Nov, 09:00 Europe/Berlin"
    )
    assert "waiting to enter prod: before entry: asked: the window opens Tue 24 Nov, 09:00" in described["web"]
    assert (await push.statuses())["web/prod"] in ("pending", "queued")

    await world.wind(seconds=16 * 3600)  # Tue 07:50 UTC: ten minutes too early
    assert await push.status() == "InProgress"
    await world.wind(seconds=600)
    assert await push.status() == "Succeeded"
    assert world.script.order == ["unit", "roll-out", "tell"]


async def test_feature_72_an_open_window_is_passed_at_once(world: World) -> None:
    repo = await world.repo(file(entry(window={"cron": "* 15 * * *"})))
    assert await (await repo.push()).status() == "Succeeded"


async def test_feature_72_a_blackout_is_the_other_way_round(world: World) -> None:
    repo = await world.repo(file(entry(window={"cron": "* 15-16 * * *", "blackout": True})))
    push = await repo.push()
    assert "the window opens Mon 23 Nov, 17:00 UTC" in (await push.described())["web/prod"]
    await world.wind(seconds=70 * 60)
    assert await push.status() == "Succeeded"


async def test_feature_72_a_window_that_does_not_open_in_time_could_not_be_judged(world: World) -> None:
    """CND-2: the timeout of the rule."""
    repo = await world.repo(file(entry(window="0 0 1 1 *", timeout="2h")))
    push = await repo.push()
    await world.wind(seconds=2 * 3600)

    assert await push.status() == "Failed"
    run = (await push.execution()).stages[1].before_entry
    assert run is not None
    assert run.status is ConditionStatus.ERRORED
    assert "not decided within 2 h: the window opens Fri 01 Jan, 00:00 UTC" in run.summary


async def test_feature_72_a_window_survives_that_the_bot_is_started_again(make_world: MakeWorld) -> None:
    """The wait is an entry in the outbox of the store and nothing else."""
    async with make_world(sql=True) as world:
        repo = await world.repo(file(entry(window="* 9-11 * * *")))
        push = await repo.push()
        [pending] = [e for e in await world.store.pending_effects(1e12) if e.effect.kind == "start_rule"]
        assert pending.due == world.clock.at + (17 * 60 + 10) * 60
        await world.wind(seconds=pending.due - world.clock.at)
        assert await push.status() == "Succeeded"


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("variables.VERSION == 'v1.2'", True),
        ("variables.VERSION == 'V1.2'", False),
        ("variables.VERSION != 'v1.2'", False),
        ("variables.VERSION.contains('.')", True),
        ("variables.VERSION.contains('x')", False),
        ("variables.VERSION.matches('^(?:v[0-9.]+)$')", True),
        ("variables.VERSION.matches('^(?:v[0-9]+)$')", False),
        ("'#{variables.VERSION}-#{pkg.TAG}' == 'v1.2-t'", True),
        ("revision.branch == 'main' && execution.trigger == 'push' && source.RepositoryName == 'web'", True),
    ],
)
async def test_feature_73_comparisons(world: World, expression: str, holds: bool) -> None:
    repo = await world.repo(file(check(expression, "fail"), variables={"VERSION": "v1.2"}))
    repo.action("unit").succeeds(TAG="t")
    push = await repo.push()

    assert (await push.status() == "Succeeded") is holds


@pytest.mark.anywhere
async def test_an_expression_that_asks_for_too_much_ends_alone(world: World) -> None:
    """It comes from a stranger: neither its time nor its memory may become the bot's."""
    hungry = "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']" + ".map(x, x + x + x + x + x + x + x + x + x)" * 12 + ".size() > 0"
    repo = await world.repo(file(check(hungry, "fail")))
    push = await repo.push()
    assert await push.status() == "Failed"
    assert "make it simpler" in (await push.execution()).summary

    repo.define(file(check("1 < 2", "fail")))
    assert await (await repo.push()).status() == "Succeeded"


async def test_a_broken_expression_is_told_with_its_place(world: World) -> None:
    repo = await world.repo(file(check("variables.X = 'a", "fail")))
    push = await repo.push()
    assert await push.statuses() == {"web": "failure"}
    assert "cannot be read" in (await push.described())["web"]


@pytest.mark.parametrize(("command", "status"), [("test -f change-1.txt", "Succeeded"), ("echo no; exit 3", "Failed")])
async def test_feature_75_commands_run_as_an_actions_do(make_world: MakeWorld, command: str, status: str) -> None:
    """In a checkout of the commit, with a log."""
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(
            file(entry(run=command))
            .replace("run: unit", "run: 'true'")
            .replace("run: roll-out", "run: 'true'")
            .replace("run: tell", "run: 'true'")
        )
        push = await repo.push()
        assert await push.status() == status
        execution = await push.execution()
        log = await world.page(f"/executions/{execution.id}/logs/prod/before_entry:asked/1/raw")
        assert log.strip() == ("no" if status == "Failed" else "")
