"""A host that fails for a while: nothing is lost, nothing is said twice, and no request is wasted on it."""

import re
from typing import cast

import pytest

from bot.core.events import ActionStarted
from tests.stories.test_stories_gitops import TAG, environment, pipeline
from tests.world.fake.faults import bad_gateway, lost
from tests.world.host import Asked, FaultyHost
from tests.world.world import World

pytestmark = pytest.mark.needs("faults")


@pytest.fixture
def host(world: World) -> FaultyHost:
    return cast("FaultyHost", world.host)


async def test_statuses_catch_up_and_only_the_newest_of_each_is_sent(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build -> staging -> prod!")
    host.fail_next(bad_gateway(), Asked.STATUS, times=1000)
    repo.action("build").held()
    push = await repo.push()
    await repo.action("build").end()
    assert await push.statuses() == {}

    host.recover()
    await world.wind(seconds=600)
    assert await push.statuses() == {
        "web": "pending",
        "web/build": "success",
        "web/staging": "success",
        "web/prod": "pending",
    }
    assert host.calls(Asked.STATUS, well=True) == 4


async def test_a_status_that_was_taken_is_not_sent_again_with_those_that_were_not(
    world: World, host: FaultyHost
) -> None:
    repo = await world.repo("build -> prod")
    host.fail_next(bad_gateway(), Asked.STATUS)
    push = await repo.push()
    await world.wind(seconds=600)

    assert set((await push.statuses()).values()) == {"success"}
    assert host.calls(Asked.STATUS, well=True) == 3


async def test_while_the_rate_is_limited_nothing_is_asked(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build -> prod")
    await repo.push("Before")
    host.fail_next(host.limited(60), Asked.STATUS, times=1000)
    before = host.calls()
    await repo.push("While")

    assert f'penstock_host_limited{{host="{host.provider.name}"}} 1.0' in world.metrics()
    assert f'penstock_host_calls_total{{host="{host.provider.name}",outcome="limited"}}' in world.metrics()
    assert host.calls() - before <= 4 + host.besides  # those that were under way side by side when the answer came


async def test_after_an_hour_in_which_the_host_was_down_the_end_is_told_at_once(world: World, host: FaultyHost) -> None:
    """The run went on meanwhile, and the host was tried by one call at a time: about one a minute."""
    repo = await world.repo("build -> staging -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    host.fail_next(bad_gateway(), times=1000)
    before = host.calls()
    await repo.action("build").end()
    for _ in range(60):
        await world.wind(seconds=60)
    assert host.calls() - before <= 70
    assert f'penstock_host_up{{host="{host.provider.name}"}} 0.0' in world.metrics()
    assert await pull_request.status() == "Succeeded"

    host.recover()
    before = host.calls(well=True)
    await world.wind(seconds=61)
    assert set((await pull_request.head.statuses()).values()) == {"success"}
    assert "succeeded" in (await pull_request.by_bot())[0]
    assert f'penstock_host_up{{host="{host.provider.name}"}} 1.0' in world.metrics()
    assert host.calls(well=True) - before <= 6  # four statuses and the comment, each once


async def test_a_comment_whose_answer_was_lost_is_not_posted_twice(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build -> prod!")
    host.fail_next(lost(), Asked.NEW_COMMENT)
    pull_request = await repo.open_pull_request()
    await world.wind(seconds=600)

    assert len(await pull_request.by_bot()) == 1
    assert host.calls(Asked.NEW_COMMENT) == 1


async def test_a_command_waits_for_the_host_to_say_who_it_is(world: World, host: FaultyHost) -> None:
    """Nobody is taken to be allowed because the host could not be asked."""
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    before = host.calls(Asked.ROLE)  # its author's
    host.fail_next(bad_gateway(), Asked.ROLE)
    await pull_request.comment("/approve", by=world.ben)

    assert await pull_request.status() == "Succeeded"
    assert host.calls(Asked.ROLE) == before + 2


async def test_a_push_through_three_stages_takes_few_requests(world: World, host: FaultyHost) -> None:
    """Even where each stage is seen running."""
    repo = await world.repo("build -> staging -> prod")
    for name in ("build", "staging", "prod"):
        repo.action(name).held()
    push = await repo.push()
    for name in ("build", "staging", "prod"):
        await repo.action(name).end()

    assert await push.status() == "Succeeded"
    assert host.calls() <= 12 + host.besides


async def test_a_push_that_is_quickly_done_takes_fewer(world: World, host: FaultyHost) -> None:
    repo = await world.repo("build -> staging -> prod")
    await repo.push()

    assert host.calls() == 4 + host.besides


@pytest.mark.engine
async def test_an_action_says_that_its_host_is_down_once_and_no_more_when_it_is_back(
    world: World, host: FaultyHost
) -> None:
    """It waits for a merge, which it can't look for meanwhile."""
    env = await environment(world)
    repo = await world.repo(pipeline(env, f"{TAG}, pull_request: true, wait: merged"))
    push = await repo.push()
    before = await push.described()
    assert before["web/prod"].startswith("waiting until pull request")
    host.fail_next(bad_gateway(), times=1000)
    for _ in range(3):
        await world.wind(seconds=60)
    execution = await push.execution()
    assert re.search("waits for .*, which does not answer", await world.page(f"/executions/{execution.id}"))
    history = [entry.event for entry in await world.store.history(execution.id)]
    assert sum(isinstance(event, ActionStarted) and event.outage is not None for event in history) == 1

    host.recover()
    for _ in range(2):
        await world.wind(seconds=60)
    assert "which does not answer" not in await world.page(f"/executions/{execution.id}")
    assert await push.described() == before
