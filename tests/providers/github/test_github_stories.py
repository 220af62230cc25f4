"""What only GitHub tells: its merge queue, and repositories that are deleted, or taken from an App."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.stores.memory import MemoryStore
from tests.world.github.merge_queue import MergeQueue
from tests.world.github.nouns import PullRequest as Pull
from tests.world.host_github import GitHubHost
from tests.world.pipelines import pipeline_file
from tests.world.repo import Push, Repo
from tests.world.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(World(GitHubHost(), MemoryStore(), tmp_path))


def host_of(world: World) -> GitHubHost:
    assert isinstance(world.host, GitHubHost)
    return world.host


async def queue_of(repo: Repo, *required: str) -> tuple[MergeQueue, Pull]:
    """The queue, and a pull request that is open."""
    host, pull_request = host_of(repo.world), await repo.open_pull_request("Mend the gate")
    hosted = host.hosted(repo.repository)
    return MergeQueue(host.fake, hosted, required), hosted.pulls[pull_request.number]


async def test_a_merge_queue_is_answered_by_what_runs_for_pull_requests_and_merges(world: World) -> None:
    """The statuses are on the group's commit, which is the target branch's once it is merged."""
    ship = pipeline_file("ship", triggers={"push": {"branches": ["**"]}})
    repo = await world.repo({"web": "build -> check", "other": "x"}, triggers={"pull_request": {"branches": ["main"]}})
    await repo.push(files={".pipelines/ship.yml": ship})
    queue, pull = await queue_of(repo, "penstock/web", "penstock/other")
    repo.action("build").held()
    ada, group = host_of(world).fake.user("ada"), await queue.enqueue(pull)
    await world.settled()
    head = Push(repo, group.head)

    assert not await queue.advance(group, ada)
    assert {(one.lane.pipeline, str(one.trigger.kind)) for one in await head.executions()} == {
        ("web", "merge_queue"),
        ("other", "merge_queue"),
    }
    [web] = [one for one in await head.executions() if one.lane.pipeline == "web"]
    assert (web.trigger.detail, web.revision.target_branch) == ("the merge queue of main", "main")

    await repo.action("build").end()
    assert set((await head.statuses()).values()) == {"success"}
    assert await queue.advance(group, ada)
    await world.settled()
    on_main = [one for one in await head.executions() if str(one.lane.ref) == "heads/main"]
    assert [(one.lane.pipeline, str(one.status)) for one in on_main] == [("ship", "Succeeded")]


async def test_a_merge_group_that_is_gone_is_stopped_and_the_next_one_is_its_own(world: World) -> None:
    repo = await world.repo("build")
    queue, pull = await queue_of(repo)
    repo.action("build").held()
    first = await queue.enqueue(pull)
    await world.settled()
    await queue.take_out(first, "invalidated")
    await world.settled()
    stopped = Push(repo, first.head)
    assert await stopped.status() == "Stopped"
    assert "the merge queue has done with it: invalidated" in (await stopped.described())["web"]
    assert not repo.action("build").running

    await repo.push("Meanwhile", files={"meanwhile.txt": "1\n"})
    second = await queue.enqueue(pull)
    await world.settled()
    assert await Push(repo, second.head).status() == "Succeeded"


async def test_a_queued_change_whose_file_is_broken_fails_in_the_queue(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()
    queue, pull = await queue_of(repo, "penstock/web")
    repo.define("name: web\nstages: nonsense\n")
    await repo.push(branch="hello")
    group = await queue.enqueue(pull)
    await world.settled()
    assert await Push(repo, group.head).statuses() == {"web": "failure"}


async def test_a_deleted_repository_is_left_alone(world: World) -> None:
    """What runs there is stopped, and nothing starts by itself any more, in a next life neither."""
    repo = await world.repo("build -> prod", triggers={"push": {}, "schedule": ["0 3 * * *"]})
    push = await repo.push()
    repo.action("build").held()
    push = await repo.push()
    assert len(world.bot.schedules.upcoming()) == 1

    await host_of(world).fake.delete(host_of(world).hosted(repo.repository), host_of(world).fake.user("ada"))
    await world.settled()
    assert await push.status() == "Stopped"
    assert (stop := (await push.execution()).stop) is not None
    assert stop.reason == "stopped: the repository was deleted"
    assert world.bot.schedules.upcoming() == []
    assert await world.store.home_pipelines() == []


async def test_a_late_delivery_that_has_an_old_name_takes_no_name_back(world: World) -> None:
    """GitHub can be asked to send again what is days old. A name is believed where the host has the repository under it."""
    repo = await world.repo({"web": "build"})
    await repo.push()
    old = world._deliveries[-1].body
    host_of(world).hosted(repo.repository).name = "site"
    assert await (await repo.push()).status() == "Succeeded"
    assert await world.deliver_again(lambda _: old, "late-1") == 202

    [(known, _)] = await world.store.repositories()
    assert known.full_name == "acme/site"
    assert {one.lane.repository.full_name for one in await repo.executions()} == {"acme/web", "acme/site"}
    assert (await repo.executions())[-1].lane.repository.full_name == "acme/site"
