"""A stage with an environment, as hosts with deployments show it."""

from typing import cast

import pytest

from tests.world.fake.faults import lost
from tests.world.host import Asked, DeployingHost, FaultyHost
from tests.world.repo import Repo
from tests.world.world import World

FILE = """\
name: web
stages:
  - name: build
    actions: [{name: build, run: build}]
  - name: prod
    environment: production
    actions:
      - {name: deploy, run: deploy}
"""
ASKED = FILE.replace("{name: deploy, run: deploy}", "{name: go, approve: {}}")

pytestmark = pytest.mark.needs("deployments")


async def shown(repo: Repo) -> list[tuple[str, str, str]]:
    """Environment, commit and state."""
    host = cast(DeployingHost, repo.world.host)
    return [
        (one.environment, repo.world.normal(one.commit), one.state) for one in await host.deployments(repo.repository)
    ]


def in_words(world: World, github: str, gitlab: str) -> str:
    return {"github": github, "gitlab": gitlab}[world.host.provider.name]


async def test_a_stage_with_an_environment_is_a_deployment(world: World) -> None:
    """Of the commit, from when it is begun to its end; a stage without one is none."""
    repo = await world.repo(FILE)
    repo.action("deploy").held()
    await repo.push()
    assert await shown(repo) == [("production", "<commit 1>", in_words(world, "in_progress", "running"))]

    await repo.action("deploy").end()
    assert await shown(repo) == [("production", "<commit 1>", "success")]


async def test_what_a_later_deployment_replaces_is_no_longer_active(world: World) -> None:
    """GitLab finds that out by itself."""
    repo = await world.repo(FILE)
    await repo.push()
    repo.action("deploy").fails()
    failed = await repo.push()
    await repo.push()
    states = [state for _, _, state in await shown(repo)]
    assert states == in_words(world, "inactive failure success", "success failed success").split()
    assert await failed.status() == "Failed"


async def test_a_retry_goes_on_where_the_host_lets_it(world: World) -> None:
    repo = await world.repo(FILE)
    repo.action("deploy").fails()
    push = await repo.push()
    await push.comment("/retry")
    states = [state for _, _, state in await shown(repo)]
    assert states == in_words(world, "success", "success").split()


async def test_one_that_waits_for_an_approval_is_pending_where_the_host_can_say_so(world: World) -> None:
    repo = await world.repo(ASKED)
    push = await repo.push()
    assert [state for _, _, state in await shown(repo)] == in_words(world, "pending", "").split()
    await push.comment("/reject prod not today", by=world.ben)
    assert [state for _, _, state in await shown(repo)] == in_words(world, "failure", "failed").split()


async def test_a_rollback_deploys_the_earlier_commit_again(world: World) -> None:
    repo = await world.repo(FILE)
    await repo.push()
    push = await repo.push()
    await push.comment("/rollback prod")
    found = await shown(repo)
    assert [commit for _, commit, _ in found] == ["<commit 1>", "<commit 2>", "<commit 1>"]
    assert found[-1][2] == "success"


async def test_one_that_was_made_and_not_noted_is_not_made_twice(world: World) -> None:
    repo = await world.repo(FILE)
    repo.action("deploy").held()
    cast(FaultyHost, world.host).fail_next(lost(), Asked.NEW_DEPLOYMENT)
    await repo.push()
    await world.wind(seconds=60)
    await repo.action("deploy").end()
    assert [state for _, _, state in await shown(repo)] == ["success"]
