"""Deployments as a user sees them: pushed, rolled out to real targets of this machine, failed, rolled back, stopped."""

import pytest

from bot.model.deployment import TargetStatus
from tests.deploying.conftest import APP, HEAD, Site
from tests.deploying.releases import pipeline, revision


async def test_features_98_100_101_events_in_order_with_their_environment_and_stop_from_the_revision_before(
    site: Site,
) -> None:
    """HOK-1, HOK-4, HOK-5, REV-1, REV-2, SCR-1, SCR-2, DPL-1, DPL-9, A6: the six variables, and the action's own."""
    site.targets("one")
    repo = await site.world.repo(pipeline(more=", env: {EXTRA: more}"))
    first = await repo.push(files=revision("v1"))
    assert await first.status() == "Succeeded", await site.summary(first)
    (deployment,) = await site.deployments(first)
    assert site.installed("one") == {"app/version": "v1"}
    shown = [line.removeprefix("one | [stdout]") for line in (await site.log(first)).splitlines() if "[stdout]" in line]
    rest = f"{deployment.id} web prod commit more"
    assert shown == [f"BeforeInstall {rest}", f"AfterInstall {rest}", f"ApplicationStart {rest}"]
    assert [(event.event, event.status) for event in deployment.targets[0].events] == [
        ("ApplicationStop", TargetStatus.SKIPPED),
        ("DownloadBundle", TargetStatus.SUCCEEDED),
        ("BeforeInstall", TargetStatus.SUCCEEDED),
        ("Install", TargetStatus.SUCCEEDED),
        ("AfterInstall", TargetStatus.SUCCEEDED),
        ("ApplicationStart", TargetStatus.SUCCEEDED),
        ("ValidateService", TargetStatus.SUCCEEDED),
    ]
    second = await repo.push(files=revision("v2"))
    assert site.installed("one") == {"app/version": "v2"}
    assert "one | [stdout]stopping v1" in await site.log(second)


async def test_dpl_1_a_group_that_is_named_outlives_the_names_of_stage_and_action(site: Site) -> None:
    """Under the name that it had, it goes on; under another it is another, and its scripts hear of that."""
    site.targets("one")
    repo = await site.world.repo(pipeline())
    first = await repo.push(files=revision("v1"))
    renamed = (
        "stages: [{name: live, actions: [{name: out, deploy: {targets: one, group: %s, file_exists_behavior: %s}}]}]\n"
    )
    repo.define(renamed % ("web/prod/go", "DISALLOW"))
    second = await repo.push(files=revision("v2"))
    assert await second.status() == "Succeeded", await site.summary(second)
    assert site.installed("one") == {"app/version": "v2"}
    (before,), (after,) = await site.deployments(first), await site.deployments(second)
    assert before.group == after.group
    assert f"one | [stdout]BeforeInstall {after.id} web prod commit" in await site.log(second)
    repo.define(renamed % ("Web/Production", "DISALLOW"))
    third = await repo.push(files=revision("v3"))
    assert "no deployment of this group has put it there" in await site.summary(third)
    repo.define(renamed % ("Web/Production", "OVERWRITE"))
    fourth = await repo.push(files=revision("v4"))
    assert await fourth.status() == "Succeeded", await site.summary(fourth)
    assert f"[stdout]BeforeInstall {(await site.deployments(fourth))[0].id} Web Production" in await site.log(fourth)


async def test_what_an_appspec_would_install_outside_of_the_releases_is_told_before_anything_runs(site: Site) -> None:
    site.targets("one")
    repo = await site.world.repo(pipeline("{releases: /srv/app}"))
    spec = HEAD + "files: [{source: app, destination: /srv/app/current/lib}, {source: app, destination: /etc}]\n"
    push = await repo.push(files={**revision("v1"), "appspec.yml": spec})
    assert await push.statuses() == {"web": "failure"}
    assert "/etc is outside of the releases at /srv/app" in (await push.described())["web"]
    assert site.installed("one") == {}


async def test_ins_9_the_appspecs_word_on_files_beats_the_actions(site: Site) -> None:
    """INS-9, RLB-4: and the action's counts where the appspec says nothing."""
    site.targets("one")
    (site.root("one") / "app").mkdir()
    (site.root("one") / "app/version").write_text("theirs")
    repo = await site.world.repo(pipeline("{file_exists_behavior: RETAIN}"))
    await repo.push(files=revision("v1"))
    assert site.installed("one") == {"app/version": "theirs"}
    await repo.push(files={**revision("v2"), "appspec.yml": APP + "file_exists_behavior: OVERWRITE\n"})
    assert site.installed("one") == {"app/version": "v2"}


@pytest.mark.parametrize(
    ("repositories", "deploy", "words"),
    [
        pytest.param(
            "local:other/*", "appspec.yml", "no target with the tags environment: prod", id="not let in by tags"
        ),
        pytest.param("local:other/*", "{targets: one}", "no target one", id="not let in by name"),
        pytest.param("local:acme/*", "{targets: [one, nowhere]}", "no target nowhere", id="an unknown one"),
        pytest.param(
            "local:acme/*", "{targets: {tags: {role: [db, cache]}}}", "role: db or cache", id="DPL-9 other tags"
        ),
    ],
)
async def test_who_is_not_let_in_deploys_nowhere(site: Site, repositories: str, deploy: str, words: str) -> None:
    """FLR-4 (NO_INSTANCES), DPL-9."""
    site.targets("one", repositories=repositories)
    push = await (await site.world.repo(pipeline(deploy))).push(files=revision("v1"))
    assert await push.status() == "Failed"
    assert (await site.summary(push)).startswith("NO_INSTANCES: ")
    assert words in await site.summary(push)
    assert site.installed("one") == {}


async def test_feature_103_one_zone_after_another_and_all_of_one_at_once(site: Site) -> None:
    names = ["a1", "a2", "b1", "b2"]
    site.targets(*names, zones={name: name[0] for name in names})
    deploy = "{config: {minimum_healthy: 0, zones: {monitor: 1s}}, targets: {tags: {role: web}}}"
    push = await (await site.world.repo(pipeline(deploy))).push(files=revision("v1"))
    assert await push.status() == "Succeeded", await site.summary(push)
    log = await site.log(push)
    assert (
        log.index("b1 |") > log.index("Zone a is done; the next one begins in 1 s.") > log.index("a2 | ValidateService")
    )


async def test_a_bundle_that_an_earlier_action_has_made(site: Site) -> None:
    """APS-1 (one folder that has the appspec is the bundle), APS-2, DPL-11."""
    site.targets("one")
    repo = await site.world.repo(
        "stages:\n"
        "  - name: prod\n"
        "    actions:\n"
        "      - {name: go, run_order: 2, deploy: appspec.yml, inputs: [dist]}\n"
        "      - {name: make, run: mkdir -p web/app && cp appspec.yml web && echo made > web/app/version, outputs: {dist: web/**}}\n"
    )
    push = await repo.push(files={"appspec.yml": APP})
    assert await push.status() in ("Succeeded", "Failed"), await site.summary(push)
    assert site.installed("one") == {"app/version": "made\n"}, await site.summary(push)
