"""Deployments behind a real nginx, in place: each target is out of the traffic while it is worked on, and whoever asks never sees an error."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from aiohttp import web

from bot.model.deployment import DeploymentStatus, TargetStatus
from tests.deploying.conftest import APP, Site
from tests.world.nginx import Nginx

PIPELINE = "stages: [{{name: prod, actions: [{{name: go, deploy: {{balancer: front{more}}}}}]}}]\n"


def revision(name: str, check: str = "exit 0", **hooks: str) -> dict[str, str]:
    """Between its stop and its start the application is down; `check` is ValidateService."""
    scripts = {
        "ApplicationStop": "touch ../down",
        "ApplicationStart": "rm -f ../down",
        "ValidateService": check,
        **hooks,
    }
    entries = "".join(f"  {event}: [{{location: hooks/{event}.sh}}]\n" for event in scripts)
    files = {f"hooks/{event}.sh": f"#!/bin/sh\n{text}\n" for event, text in scripts.items()}
    return {"appspec.yml": f"{APP}hooks:\n{entries}", "app/version": name, **files}


def says(site: Site, target: str) -> str:
    if (site.world.folder / "targets" / target / "down").exists():
        raise web.HTTPServiceUnavailable
    version = site.root(target) / "app/version"
    return f"{target} {version.read_text() if version.exists() else 'empty'}"


@pytest.fixture
async def front(site: Site) -> AsyncIterator[Nginx]:
    """Two targets behind a balancer."""
    names = ("one", "two")
    async with Nginx(site.world.folder, {name: partial(says, site, name) for name in names}) as made:
        site.targets(*names, front=made.entry())
        yield made


async def test_a_target_is_out_of_the_traffic_while_it_is_deployed_to(site: Site, front: Nginx) -> None:
    repo = await site.world.repo(PIPELINE.format(more=""))
    async with front.watched() as client:
        first = await repo.push(files=revision("v1", BeforeAllowTraffic="echo warm", AfterBlockTraffic="echo cold"))
        assert await first.status() == "Succeeded", await site.summary(first)
        second = await repo.push(files=revision("v2"))
        assert await second.status() == "Succeeded", await site.summary(second)
        assert set(await front.asked(10)) == {"one v2", "two v2"}
    assert client.errors == []
    assert {"one empty", "one v1", "two v1", "two v2"} <= set(client.answers)
    (deployment,) = await site.deployments(first)
    assert " ".join(f"{event.event}:{event.status}" for event in deployment.targets[0].events) == (
        "BeforeBlockTraffic:Skipped BlockTraffic:Succeeded AfterBlockTraffic:Skipped ApplicationStop:Skipped "
        "DownloadBundle:Succeeded BeforeInstall:Skipped Install:Succeeded AfterInstall:Skipped "
        "ApplicationStart:Succeeded ValidateService:Succeeded "
        "BeforeAllowTraffic:Succeeded AllowTraffic:Succeeded AfterAllowTraffic:Skipped"
    )
    assert "one | [stdout]cold" in await site.log(second)  # REV-1: of the revision before


async def test_flr_1_a_target_that_failed_stays_out_until_the_rollback_lets_it_in(site: Site, front: Nginx) -> None:
    repo = await site.world.repo(PIPELINE.format(more=""))
    await repo.push(files=revision("v1"))
    broken = f"touch ../down; grep -c down {front.file} > {site.world.folder}/down; exit 1"
    async with front.watched() as client:
        bad = await repo.push(files=revision("v2", broken))
    assert client.errors == []
    failed, back = sorted(await site.deployments(bad), key=lambda one: one.rollback_of)
    assert failed.counts == {TargetStatus.FAILED: 1, TargetStatus.SKIPPED: 1}
    assert back.status is DeploymentStatus.SUCCEEDED
    assert (site.world.folder / "down").read_text() == "1\n"
    assert set(await front.asked(10)) == {"one v1", "two v1"}
    repo.define(PIPELINE.format(more=", rollback: never"))
    await repo.push(files=revision("v3", "exit 1"))
    assert len(await front.asked(10)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"repositories": ["local:other/*"]}, "local:acme/web has no balancer front", id="not let in"),
        pytest.param({"servers": {"one": "127.0.0.1:1"}}, "two is not among the `servers`", id="a target elsewhere"),
    ],
)
async def test_without_a_balancer_for_all_of_them_nothing_is_touched(
    site: Site, front: Nginx, change: dict[str, object], words: str
) -> None:
    site.targets("one", "two", front=front.entry(**change))
    push = await (await site.world.repo(PIPELINE.format(more=""))).push(files=revision("v1"))
    assert (await site.summary(push)).startswith("NO_INSTANCES: ")
    assert words in await site.summary(push)
    assert site.installed("one") == site.installed("two") == {}


async def test_a_balancer_that_refuses_fails_the_target_before_it_is_touched(site: Site, front: Nginx) -> None:
    site.targets("one", "two", front=front.entry(test=["false"]))
    push = await (await site.world.repo(PIPELINE.format(more=""))).push(files=revision("v1"))
    assert await push.status() == "Failed"
    assert "one, BlockTraffic: the balancer front on lb: `false` failed" in await site.summary(push)
    assert site.installed("one") == site.installed("two") == {}
    assert set(await front.asked(10)) == {"one empty", "two empty"}
