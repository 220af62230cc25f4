"""What only Bitbucket tells: one push of several branches, an edit that may be of the text alone."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.model.delivery import DeliveryOutcome
from bot.ports import Settled
from bot.stores.memory import MemoryStore
from tests.world.fake.faults import bad_gateway, lost
from tests.world.host_bitbucket import BitbucketHost, cloud_host, data_center_host
from tests.world.world import World

EVERY_BRANCH = {"push": {"branches": ["**"]}}


@pytest.fixture(params=[cloud_host, data_center_host], ids=["cloud", "data center"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    make: Callable[[], BitbucketHost] = request.param
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(World(make(), MemoryStore(), tmp_path))


def host_of(world: World) -> BitbucketHost:
    assert isinstance(world.host, BitbucketHost)
    return world.host


async def test_one_push_of_several_branches_runs_each(world: World) -> None:
    host, repo = host_of(world), await world.repo("build", triggers=EVERY_BRANCH)
    await repo.push()
    web = host.eyes.hosted(repo.repository)
    branches = ["idea/1", "idea/2", "main"]
    commits = await host.fake.push_all(web, branches, {"a.txt": "1\n"}, "All at once", host.eyes.account(world.ada))
    await world.settled()

    ran = (await repo.executions())[1:]
    assert sorted((str(one.lane.ref), one.revision.commit) for one in ran) == sorted(
        (f"heads/{branch}", commit) for branch, commit in zip(branches, commits, strict=True)
    )
    assert len({one.id for one in ran}) == 3
    assert {str(one.status) for one in ran} == {"Succeeded"}

    assert await world.deliver_again() == 200
    assert len(await repo.executions()) == 4


async def test_a_delivery_whose_branches_are_handled_one_by_one_is_settled_once_and_last(world: World) -> None:
    """A bot that dies between two of them handles all again, and starts none twice."""
    host, repo = host_of(world), await world.repo("build", triggers=EVERY_BRANCH)
    await repo.push()
    web, write = host.eyes.hosted(repo.repository), world.store.settle_deliveries
    told: list[Settled] = []

    async def remember(settled: Sequence[Settled]) -> None:
        told.extend(settled)
        await write(settled)

    world.store.settle_deliveries = remember  # type: ignore[method-assign]
    await host.fake.push_all(web, ["one", "two"], {"a.txt": "1\n"}, "Both", host.eyes.account(world.ada))
    await world.settled()
    await world.bot.inbox.settled()
    [both] = [one for one in told if one.key == world._deliveries[-1].key]
    assert both.outcome is DeliveryOutcome.DONE

    first = world.host.provider.read(world._deliveries[-1])[0]
    await world.bot.inbox._handle(world._deliveries[-1], await world.host.provider.complete(first))
    await world.settled()
    assert len(await repo.executions()) == 3


async def test_a_host_that_is_down_when_it_is_asked_for_the_default_branch_is_waited_for(world: World) -> None:
    host, repo = host_of(world), await world.repo("build")
    host.fake.fail_next(bad_gateway(), "GET")
    push = await repo.push()

    assert await push.status() == "Succeeded"


async def test_a_new_title_starts_nothing(world: World) -> None:
    """Cloud tells of it as of new commits; Data Center says what it was."""
    host, repo = host_of(world), await world.repo("build")
    pull_request = await repo.open_pull_request()
    web = host.eyes.hosted(repo.repository)
    await host.fake.retitle(web, web.pulls[1], host.eyes.account(world.ada), "A better title")
    await world.settled()

    assert len(await pull_request.head.executions()) == 1
    await pull_request.push()
    assert len(await pull_request.head.executions()) == 1


async def test_people_are_allowed_by_what_is_theirs_alone(world: World) -> None:
    """On Cloud somebody may call themselves as another is called, and is not taken for them."""
    host = host_of(world)
    repo = await world.repo("build -> prod!", approve={"by": [f"user:{world.called(world.ada)}"]})
    pull_request = await repo.open_pull_request()
    eve = host.fake.user("eve")
    host.fake.grant(host.eyes.hosted(repo.repository), eve, "write")
    if not host.fake.data_center:
        eve.login = "ada"
    made = await host.fake.comment(host.eyes.hosted(repo.repository), 1, eve, "/approve")
    await world.settled()
    assert await pull_request.status() == "InProgress"
    assert made.author is eve

    await pull_request.comment("/approve")
    assert await pull_request.status() == "Succeeded"


async def test_what_logs_remark_is_a_report_of_code_insights_until_a_retry_finds_nothing(world: World) -> None:
    """A pipeline whose logs remark nothing has none."""
    host, repo = host_of(world), await world.repo("build -> prod!")
    repo.action("build").fails(
        2, log="src/a.c:3:12: error: 'x' undeclared\nsrc/a.c:1:1: warning: unused variable 'y' [-Wunused-variable]\n"
    )
    host.fake.fail_next(lost(), "POST", "/annotations")
    push = await repo.push(files={"src/a.c": "int main;\n"})
    await world.wind(seconds=60)

    (report,) = host.eyes.hosted(repo.repository).reports.values()
    assert (report.key, report.title) == ("penstock-web", "penstock/web")
    assert report.result in ("FAIL", "FAILED")
    assert report.link.startswith(f"{world.url}/executions/")
    assert list(report.annotations.values()) == [
        ("src/a.c:3", "HIGH", "'x' undeclared (cc)"),
        ("src/a.c:1", "MEDIUM", "unused variable 'y' (cc -Wunused-variable)"),
    ]
    await push.comment("/retry")
    await push.comment("/approve")
    assert await push.status() == "Succeeded"
    assert not host.eyes.hosted(repo.repository).reports
