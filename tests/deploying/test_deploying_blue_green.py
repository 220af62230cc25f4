"""Blue/green, canary and linear behind a real nginx: weights move step by step, and whoever asks never sees an error, whatever fails meanwhile."""

from collections.abc import AsyncIterator, Mapping
from functools import partial

import pytest

from bot.model.deployment import Creator, Deployment, DeploymentError, DeploymentStatus
from bot.targets.targets import InventoryTargets
from bot.targets.traffic import InventoryTraffic
from tests.deploying.conftest import Site
from tests.deploying.test_deploying_traffic import revision, says
from tests.world.nginx import Nginx
from tests.world.repo import Push, Repo

NAMES = ("blue1", "blue2", "green1")


def pipeline(more: str = "", blue_green: str = "") -> str:
    sets = f"{{blue: [blue1, blue2], green: green1{blue_green}}}"
    return f"stages: [{{name: prod, actions: [{{name: go, deploy: {{balancer: front, blue_green: {sets}{more}}}}}]}}]\n"


@pytest.fixture
async def front(site: Site) -> AsyncIterator[Nginx]:
    """Two blue targets and a green one behind a balancer, which has never been written by anybody else."""
    async with Nginx(site.world.folder, {name: partial(says, site, name) for name in NAMES}) as made:
        site.targets(*NAMES, front=made.entry())
        yield made


async def weights(site: Site) -> Mapping[str, int]:
    targets = InventoryTargets(site.world.folder / "targets.yml", site.world.folder / "targets")
    return await InventoryTraffic(targets).weights("front")


async def shares(site: Site) -> tuple[int, int]:
    """Of blue and green, in percent."""
    found = await weights(site)
    green = 100 * found["green1"] // sum(found.values())
    return 100 - green, green


async def deployment_of(site: Site, push: Push) -> Deployment:
    return next(one for one in await site.deployments(push) if not one.rollback_of)


async def served(site: Site, front: Nginx, more: str = "", blue_green: str = "") -> Repo:
    """A first revision on green, which then has all the traffic: before, both sets had some, and nothing to say."""
    repo = await site.world.repo(pipeline(more, blue_green))
    first = await repo.push(files=revision("v1"))
    await site.world.wind(days=1)
    assert await first.status() == "Succeeded", await site.summary(first)
    log = await site.log(first)
    assert log.index("green is out of the traffic.") < log.index("green1 | DownloadBundle succeeded")
    assert await shares(site) == (0, 100)
    assert set(await front.asked(5)) == {"green1 v1"}
    return repo


async def test_bgr_1_bgr_2_the_set_without_traffic_gets_the_revision_and_then_the_traffic(
    site: Site, front: Nginx
) -> None:
    """HOK-2: the replacements' events, and the originals'."""
    repo = await served(site, front)
    async with front.watched() as client:
        second = await repo.push(
            files=revision("v2", BeforeBlockTraffic="echo leaving", BeforeAllowTraffic="echo warm")
        )
        assert await second.status() == "Succeeded", await site.summary(second)
        assert set(await front.asked(10)) == {"blue1 v2", "blue2 v2"}
        assert site.installed("green1") == {"app/version": "v1"}
        third = await repo.push(files=revision("v3"))
        assert await third.status() == "Succeeded", await site.summary(third)
        assert set(await front.asked(10)) == {"green1 v3"}
    assert client.errors == []
    assert "blue1 | [stdout]leaving" in await site.log(third)
    deployment = await deployment_of(site, second)
    runs = {run.name: " ".join(f"{event.event}:{event.status}" for event in run.events) for run in deployment.targets}
    assert runs["blue1"].endswith("BeforeAllowTraffic:Succeeded AllowTraffic:Succeeded AfterAllowTraffic:Skipped")
    assert runs["green1"] == "BeforeBlockTraffic:Skipped BlockTraffic:Succeeded AfterBlockTraffic:Skipped"


async def test_how_much_traffic_is_to_go_is_kept_before_the_balancer_is_asked(
    site: Site, front: Nginx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a life that is told to stop right then would leave it where it is: it gives back what it knows of."""
    repo = await site.world.repo(pipeline())
    store, change = site.world.store, InventoryTraffic.change
    keep = store.keep_deployment
    kept: list[int] = []
    found: list[int] = []

    async def keeps(deployment: Deployment) -> None:
        await keep(deployment)
        kept.append(deployment.traffic.share if deployment.traffic is not None else 0)

    async def changes(traffic: InventoryTraffic, balancer: str, weights: Mapping[str, int]) -> str:
        found.append(kept[-1])
        return await change(traffic, balancer, weights)

    monkeypatch.setattr(store, "keep_deployment", keeps)
    monkeypatch.setattr(InventoryTraffic, "change", changes)
    push = await repo.push(files=revision("v1"))
    assert await push.status() == "Succeeded", await site.summary(push)
    assert found == [0, 100, 100], "out of the traffic, in, and the originals out"


async def test_feature_105_weights_move_10_percent_a_step(site: Site, front: Nginx) -> None:
    """Section 10: CodeDeploy's own name, a minute for each step, and the checks hold after each."""
    checks = ", checks: [{name: up, run: echo looked}]"
    repo = await served(site, front)
    repo.define(pipeline(", config: CodeDeployDefault.LambdaLinear10PercentEvery1Minute", checks))
    async with front.watched() as client:
        push = await repo.push(files=revision("v2"))
        for share in range(10, 100, 10):
            assert await shares(site) == (share, 100 - share)
            assert (await deployment_of(site, push)).status is DeploymentStatus.IN_PROGRESS
            await site.world.wind(seconds=59)
            assert await shares(site) == (share, 100 - share)
            await site.world.wind(seconds=1)
        assert await shares(site) == (100, 0)
        assert await push.status() == "Succeeded", await site.summary(push)
    assert client.errors == []
    assert "30 % of the traffic goes to blue; the next step comes in 60 s." in await site.log(push)


CANARY = ", config: {canary: 20%, interval: 5m}"


@pytest.mark.parametrize(
    ("more", "hooks", "error", "seen", "after"),
    [
        pytest.param(
            "", {"BeforeAllowTraffic": "exit 1"}, DeploymentError.HOOK_EXECUTION_FAILURE, 0, 0, id="the first hook"
        ),
        pytest.param(
            "", {"AfterAllowTraffic": "exit 1"}, DeploymentError.HOOK_EXECUTION_FAILURE, 100, 300, id="the last hook"
        ),
        pytest.param(
            ", checks: [{name: up, run: exit 4}], check_every: 10m",
            {},
            DeploymentError.ALARM_ACTIVE,
            20,
            300,
            id="a check at the end of its step",
        ),
        pytest.param(
            ", checks: [{name: up, run: exit 4}]", {}, DeploymentError.ALARM_ACTIVE, 20, 60, id="a check in its step"
        ),
    ],
)
async def test_feature_105_bgr_7_what_fails_shifts_all_traffic_back(
    site: Site, front: Nginx, more: str, hooks: Mapping[str, str], error: DeploymentError, seen: int, after: int
) -> None:
    """REV-3: the scripts of the replacements are those of what was deployed."""
    repo = await served(site, front)
    repo.define(pipeline(CANARY, more))
    async with front.watched() as client:
        push = await repo.push(files=revision("v2", AfterBlockTraffic="echo out again", **hooks))
        assert await shares(site) == ((20, 80) if seen else (0, 100))
        if after:
            await site.world.wind(seconds=after - 1)
            assert await shares(site) == (20, 80)
            await site.world.wind(seconds=1)
        assert await push.status() == "Failed"
        assert set(await front.asked(10)) == {"green1 v1"}
    assert client.errors == []
    failed = await deployment_of(site, push)
    assert (failed.status, failed.error) == (DeploymentStatus.FAILED, error), failed.message
    back = [one for one in await site.deployments(push) if one.rollback_of]
    assert [(one.creator, one.status) for one in back] == (
        [(Creator.ROLLBACK, DeploymentStatus.SUCCEEDED)] if seen else []
    )
    assert ("blue1 | [stdout]out again" in await site.log(push)) == bool(seen)
    assert await shares(site) == (0, 100)


async def test_bgr_3_the_replacements_wait_for_their_traffic_and_bgr_5_the_originals_are_kept_and_then_stopped(
    site: Site, front: Nginx
) -> None:
    """DPL-2: Ready, and Baking."""
    repo = await served(site, front)
    repo.define(
        pipeline(blue_green=", ready: 30m, originals: {wait: 1h, then: stop}, checks: [{name: up, run: echo fine}]")
    )
    down = site.world.folder / "targets" / "green1" / "down"
    push = await repo.push(files=revision("v2"))
    ready = await deployment_of(site, push)
    assert ready.status is DeploymentStatus.READY
    assert [each.status for each in ready.targets[0].events[-3:]] == ["Skipped", "Pending", "Skipped"]  # no scripts
    page = await site.world.page(f"/executions/{(await push.execution()).id}")
    words = "0 % of the traffic goes to blue; it is ready, and waits until Tue 24 Nov, 16:20 UTC"
    assert f"to 3 targets: 2 ready, 1 waiting; {words}" in page
    assert await shares(site) == (0, 100)
    await site.world.wind(seconds=1800)
    assert (await deployment_of(site, push)).status is DeploymentStatus.BAKING
    assert await shares(site) == (100, 0)
    assert not down.exists()
    await site.world.wind(seconds=3600)
    assert await push.status() == "Succeeded", await site.summary(push)
    assert down.exists()  # ApplicationStop of the revision that is there


async def test_bgr_4_a_deployment_that_waits_is_let_go_on_by_people(site: Site, front: Nginx) -> None:
    """BGR-3: whoever may write is told until when it waits, and can shift the traffic, and end the originals' wait. Where nothing waits any more, that is said."""
    repo = await served(site, front)
    repo.define(
        pipeline(
            blue_green=", ready: {wait: 30m, on_timeout: stop}, originals: {wait: 1h}, checks: [{name: up, run: 'true'}]"
        )
    )
    push = await repo.push(files=revision("v2"))
    (asked,) = await push.comments()
    assert "web is waiting to shift the traffic: prod/go" in asked.body
    words = "until Tue 24 Nov, 16:20 UTC, then it is stopped"
    assert f"To shift the traffic now: `/continue prod` · to stop it: `/stop abandon` · {words}" in asked.body
    assert (await push.described())["web/prod"] == f"waiting to shift the traffic: go · {words}"
    page = await site.world.page(f"/executions/{(await push.execution()).id}")
    assert "waits to shift the traffic" in page
    assert "/continue prod" in page
    await push.comment("/continue prod", by=site.world.cleo)
    assert await shares(site) == (0, 100)
    await push.comment("/continue", by=site.world.ben)
    assert await shares(site) == (100, 0)
    assert (await deployment_of(site, push)).status is DeploymentStatus.BAKING
    await site.world.wind(seconds=60)  # the checks hold, and it goes on waiting
    assert (await deployment_of(site, push)).status is DeploymentStatus.BAKING
    assert "To end the originals' wait now: `/continue prod`" in (await push.comments())[0].body
    await push.comment("/continue prod/go", by=site.world.ada)
    assert await push.status() == "Succeeded", await site.summary(push)
    assert "ben had the traffic shifted; ada ended the originals' wait" in (await push.comments())[0].body
    assert "The wait was ended by ben." in await site.log(push)
    page = await site.world.page(f"/executions/{(await push.execution()).id}")
    assert "prod / go waits to shift the traffic" in page
    assert "prod / go: wait ended by ben" in page
    await push.comment("/continue")
    assert "No deployment waits here" in (await push.answers())[-1]


async def test_bgr_3_what_nobody_lets_go_on_in_time_is_stopped_where_the_file_says_so(site: Site, front: Nginx) -> None:
    repo = await served(site, front)
    repo.define(pipeline(blue_green=", ready: {wait: 30m, on_timeout: stop}"))
    push = await repo.push(files=revision("v2"))
    await site.world.wind(seconds=1801)
    assert await push.status() == "Failed"
    deployment = await deployment_of(site, push)
    assert (deployment.status, deployment.message) == (DeploymentStatus.STOPPED, "nobody has let it go on in time")
    assert "no traffic was shifted: all of it still goes to green" in await site.summary(push)
    assert await shares(site) == (0, 100)


async def test_sto_1_a_stop_in_the_middle_shifts_back_and_dpl_6_the_next_one_waits_for_it(
    site: Site, front: Nginx
) -> None:
    repo = await served(site, front)
    repo.define(pipeline(CANARY).replace("stages:", "outdated: finish\nmode: parallel\nstages:"))
    first = await repo.push(files=revision("v2"))
    second = await repo.push(files=revision("v3"))
    assert await site.deployments(second) == []
    assert await shares(site) == (20, 80)
    await first.comment("/stop abandon")
    assert await first.status() == "Stopped"
    assert (await deployment_of(site, first)).status is DeploymentStatus.STOPPED
    assert await shares(site) == (0, 100)
    await site.world.wind(seconds=15)
    assert await shares(site) == (20, 80)
    await site.world.wind(seconds=300)
    assert await second.status() == "Succeeded", await site.summary(second)
    assert set(await front.asked(10)) == {"blue1 v3", "blue2 v3"}


async def test_bgr_6_too_few_replacements_end_it_before_any_traffic_is_shifted(site: Site, front: Nginx) -> None:
    """HLT-5 among the replacements; one that fails where one may is left out of the traffic."""
    repo = await served(site, front)
    repo.define(pipeline())
    bad = await repo.push(files=revision("v2", 'test "$PWD" = x'))
    assert await bad.status() == "Failed"
    assert "no traffic was shifted: all of it still goes to green" in await site.summary(bad)
    assert await shares(site) == (0, 100)
    (deployment,) = await site.deployments(bad)
    assert deployment.error is DeploymentError.HEALTH_CONSTRAINTS


async def test_a_balancer_that_the_operator_has_removed_keeps_no_deployment_open(site: Site, front: Nginx) -> None:
    repo = await served(site, front)
    repo.define(pipeline(CANARY))
    push = await repo.push(files=revision("v2"))
    site.targets(*NAMES)
    await push.comment("/stop abandon")
    assert await push.status() == "Stopped"
    assert (await deployment_of(site, push)).status is DeploymentStatus.STOPPED
    assert "has no balancer front" in await site.log(push)
