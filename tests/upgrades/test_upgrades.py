"""What an older version left behind is understood, carried on with, and finished: an approval that waits outlives an upgrade.

Each state was recorded by that version when it was killed in the middle of its work (`record`).
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.model.execution import Execution
from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Person
from bot.stores import schema
from bot.stores.sql import SqlStore
from tests.upgrades.record import STATES, unpack
from tests.world.host_local import LocalHost
from tests.world.world import World

PULL_REQUESTS = {"waits": "1", "failed": "2", "runs": "3"}


class KeptHost(LocalHost):
    """Its people are there already."""

    async def person(self, login: str) -> Person:
        return Person(login, str((await self.host.user(login)).id))


@pytest.fixture(params=sorted(STATES.iterdir()), ids=lambda path: path.name.removesuffix(".tar.xz"))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """This version, started on what the older one left."""
    unpack(request.param, tmp_path)
    async with AsyncExitStack() as stack:
        store = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")
        stack.push_async_callback(store.close)
        world = await stack.enter_async_context(World(KeptHost(), store, tmp_path))
        await world.settled()
        yield world


async def executions(world: World) -> dict[str, Execution]:
    """The newest by the message of their commits."""
    ((repository, _),) = await world.store.repositories()
    found = {}
    for lane in await world.store.recent_lanes(repository, "web", 10):
        for execution in (await world.store.load_lane(lane)).executions.values():
            found[execution.revision.summary] = execution
    return found


async def say(world: World, pull_request: str, text: str, by: Person | None = None) -> None:
    ((repository, _),) = await world.store.repositories()
    thread = Thread(ThreadKind.PULL_REQUEST, PULL_REQUESTS[pull_request])
    await world.host.comment(repository, thread, text, by or world.ada)
    await world.settled()


async def status(world: World, execution: Execution) -> str:
    found = await world.store.execution(execution.id)
    assert found is not None
    return found[0].status


async def test_the_database_is_brought_to_the_newest_version(world: World) -> None:
    with sqlite3.connect(world.folder / "penstock.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (schema.HEAD,)
    database.close()


async def test_an_approval_that_waits_is_answered_and_goes_on(world: World) -> None:
    """One of two had answered before: that answer still counts, and the same person's second does not."""
    waits = (await executions(world))["Wait for two"]
    await say(world, "waits", "/approve", by=world.ben)
    assert await status(world, waits) == "InProgress"
    await say(world, "waits", "/approve")
    assert await status(world, waits) == "Succeeded"


async def test_an_approval_that_nobody_answers_still_times_out(world: World) -> None:
    """APR-7: the wake that an older version ordered is still due."""
    waits = (await executions(world))["Wait for two"]
    await world.wind(days=7.1)
    assert await status(world, waits) == "Failed"


async def test_what_had_failed_can_be_retried(world: World) -> None:
    failed = (await executions(world))["Fail at first"]
    assert failed.status == "Failed"
    await say(world, "failed", "/retry")
    now = await world.store.execution(failed.id)
    assert now is not None
    assert now[0].attempts == 2
    assert now[0].stage_run("build").status == "Succeeded"


async def test_what_ran_when_it_was_killed_is_carried_on_with(world: World) -> None:
    runs = (await executions(world))["Run for long"]
    assert (runs.current.name, runs.stage_run("staging").status) == ("prod", "Succeeded")


async def test_a_held_transition_holds(world: World) -> None:
    second = (await executions(world))["The second"]
    assert second.waiting
    lane = await world.store.load_lane(second.lane)
    hold = lane.slots["prod"].hold
    assert hold is not None
    assert (hold.by.login, hold.reason, lane.slots["prod"].inbound) == ("ada", "Friday", (second.id,))


async def test_every_page_can_be_drawn(world: World) -> None:
    for execution in (await executions(world)).values():
        assert execution.revision.summary in await world.page(f"/executions/{execution.id}")
