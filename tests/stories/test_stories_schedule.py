"""Schedules: the default branch's newest commit says which there are; each time comes once, however the bot fares."""

import pytest

from bot.core.effects import StartScheduled
from bot.model.triggers import ScheduleTrigger
from bot.runtime.schedules import next_time
from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine

NIGHTLY = {"schedule": ["0 3 * * *"]}
MIDNIGHT = 8 * 3600 + 600  # seconds from when a story begins (Mon 23 Nov 2026, 15:50 UTC) to the next day


async def test_the_time_comes_and_the_newest_commit_runs(world: World) -> None:
    repo = await world.repo("build", triggers=NIGHTLY)
    await repo.push("Fix the typo")
    newest = await repo.push("Fix the bug")
    assert await repo.executions() == []
    assert "0 3 * * *" in await world.page("/")

    await world.wind(seconds=MIDNIGHT + 3 * 3600 + 1)
    [execution] = await repo.executions()
    assert execution.revision.commit == newest.commit
    assert execution.revision.branch == "main"
    assert execution.revision.message.startswith("Fix the bug")
    assert (str(execution.trigger.kind), execution.trigger.detail) == ("schedule", "0 3 * * *")
    assert str(execution.status) == "Succeeded"
    assert "schedule · 0 3 * * *" in await world.page(f"/executions/{execution.id}")
    assert (await newest.statuses())["web"] == "success"

    await world.wind(days=1)
    assert len(await repo.executions()) == 2


async def test_times_that_were_missed_are_made_up_for_by_one_execution(world: World) -> None:
    repo = await world.repo("build", triggers={"schedule": ["*/5 * * * *"]})
    await repo.push()
    await world.wind(days=3)
    assert len(await repo.executions()) == 1
    await world.wind(seconds=300)
    assert len(await repo.executions()) == 2


async def test_a_schedule_that_was_removed_or_changed_is_forgotten(world: World) -> None:
    repo = await world.repo("build", triggers=NIGHTLY)
    await repo.push()
    repo.define("build", triggers={"schedule": [{"cron": "0 12 * * *", "timezone": "Europe/Berlin"}]})
    await repo.push()
    assert [(each.schedule.cron, each.at) for each in world.bot.schedules.upcoming()] == [
        ("0 12 * * *", world.clock.at + MIDNIGHT + 11 * 3600)
    ]
    repo.define("build")
    await repo.push()
    assert list(world.bot.schedules.upcoming()) == []
    before = len(await repo.executions())
    await world.wind(days=2)
    assert len(await repo.executions()) == before


async def test_only_the_default_branch_has_schedules(world: World) -> None:
    repo = await world.repo("build", triggers=NIGHTLY)
    await repo.push(branch="idea")
    await repo.open_pull_request()
    assert list(world.bot.schedules.upcoming()) == []


async def test_a_file_that_is_broken_for_a_while_keeps_its_schedules(world: World) -> None:
    repo = await world.repo("build", triggers=NIGHTLY)
    await repo.push()
    repo.define("build", triggers=NIGHTLY, mood="good")
    await repo.push()
    await world.wind(days=1)
    assert await repo.executions() == []
    repo.define("build", triggers=NIGHTLY)
    await repo.push()
    await world.wind(days=1)
    assert len(await repo.executions()) == 1


async def test_one_time_starts_once_however_often_it_is_performed(make_world: MakeWorld) -> None:
    """As after a crash between the start and the waiting for the next time; and what waits is known to the next life."""
    async with make_world(sql=True) as world:
        repo = await world.repo("build", triggers=NIGHTLY)
        await repo.push()
        [effect] = world.bot.schedules.upcoming()
        for _ in range(3):
            await world.bot.schedules.wake(effect, effect.key)
        await world.settled()
        assert len(await repo.executions()) == 1
        await world.bot.schedules.start()
        [again] = world.bot.schedules.upcoming()
        assert isinstance(again, StartScheduled)
        assert again.key == effect.key


def test_clocks_that_are_put_forward_and_back_neither_skip_nor_repeat_a_day() -> None:
    """Europe/Berlin in 2026: forward on 29 March at 2:00, back on 25 October at 3:00."""
    daily = ScheduleTrigger("30 2 * * *", "Europe/Berlin")
    for begin in (1_774_652_400.0, 1_792_792_800.0):  # noon before each
        times = []
        at = begin
        for _ in range(3):
            found = next_time(daily, at)
            assert found is not None
            times.append(found - at)
            at = found
        assert all(3600 < gap <= 26 * 3600 for gap in times), times
