"""A host that fails for a while: nothing is lost, nothing is said twice, and no request is wasted on it."""

import pytest

from tests.world.fake.faults import bad_gateway, lost
from tests.world.github.faults import secondary_limit
from tests.world.host_github import GitHubHost
from tests.world.world import World

pytestmark = pytest.mark.needs("faults")


@pytest.fixture
def github(world: World) -> GitHubHost:
    assert isinstance(world.host, GitHubHost)
    return world.host


def calls(github: GitHubHost, method: str, path: str, *, well: bool = True) -> int:
    return sum(
        one.method == method and path in one.path and (not well or one.status < 400) for one in github.fake.requests
    )


async def test_statuses_catch_up_and_only_the_newest_of_each_is_sent(world: World, github: GitHubHost) -> None:
    repo = await world.repo("build -> staging -> prod!")
    github.fake.fail_next(bad_gateway(), "POST", "/statuses/", times=1000)
    repo.action("build").held()
    push = await repo.push()
    await repo.action("build").end()
    assert await push.statuses() == {}

    github.fake.recover()
    await world.wind(seconds=600)
    assert await push.statuses() == {
        "web": "pending",
        "web/build": "success",
        "web/staging": "success",
        "web/prod": "pending",
    }
    assert calls(github, "POST", "/statuses/") == 4


async def test_a_status_that_was_taken_is_not_sent_again_with_those_that_were_not(
    world: World, github: GitHubHost
) -> None:
    repo = await world.repo("build -> prod")
    github.fake.fail_next(bad_gateway(), "POST", "/statuses/", times=1)
    push = await repo.push()
    await world.wind(seconds=600)

    assert set((await push.statuses()).values()) == {"success"}
    assert calls(github, "POST", "/statuses/") == 3


async def test_while_the_rate_is_limited_nothing_is_asked(world: World, github: GitHubHost) -> None:
    repo = await world.repo("build -> prod")
    await repo.push("Before")
    github.fake.fail_next(secondary_limit(60), times=1000)
    before = len(github.fake.requests)
    await repo.push("While")

    assert len(github.fake.requests) - before <= 4  # those that were under way side by side when the answer came


async def test_a_comment_whose_answer_was_lost_is_not_posted_twice(world: World, github: GitHubHost) -> None:
    repo = await world.repo("build -> prod!")
    github.fake.fail_next(lost(), "POST", "/comments", times=1)
    pull_request = await repo.open_pull_request()
    await world.wind(seconds=600)

    assert len(await pull_request.by_bot()) == 1
    assert calls(github, "POST", "/comments", well=False) == 1


async def test_a_command_waits_for_the_host_to_say_who_it_is(world: World, github: GitHubHost) -> None:
    """Nobody is taken to be allowed because the host could not be asked."""
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    github.fake.fail_next(bad_gateway(), "GET", "/permission", times=1)
    await pull_request.comment("/approve", by=world.ben)

    assert await pull_request.status() == "Succeeded"
    assert calls(github, "GET", "/permission", well=False) == 2


async def test_a_push_through_three_stages_takes_few_requests(world: World, github: GitHubHost) -> None:
    """Even where each stage is seen running."""
    repo = await world.repo("build -> staging -> prod")
    for name in ("build", "staging", "prod"):
        repo.action(name).held()
    push = await repo.push()
    for name in ("build", "staging", "prod"):
        await repo.action(name).end()

    assert await push.status() == "Succeeded"
    assert len(github.fake.requests) <= 12


async def test_a_push_that_is_quickly_done_takes_fewer(world: World, github: GitHubHost) -> None:
    repo = await world.repo("build -> staging -> prod")
    await repo.push()

    assert len(github.fake.requests) == 4
