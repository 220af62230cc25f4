"""Deployments to servers: what a pull request and the pages tell of them, target by target. What they do on targets is told in tests/deploying."""

import asyncio
from collections.abc import Sequence

import pytest
import yaml

from bot.messages.deployments import target_words
from tests.world.repo import Push
from tests.world.world import World

PIPELINE = "stages: [{name: prod, actions: [{name: go, deploy: appspec.yml}]}]\n"
SPEC = "version: 0.0\nos: linux\nfiles: [{source: app, destination: /app}]\nhooks: {ValidateService: [{location: check.sh}]}\n"


def revision(name: str, status: int) -> dict[str, str]:
    return {"appspec.yml": SPEC, "app/version": name, "check.sh": f"#!/bin/sh\necho checked {name}\nexit {status}\n"}


def place(world: World, names: Sequence[str]) -> None:
    """Targets of this machine, a folder each."""
    entry = {"local": True, "tags": {"environment": "prod"}, "repositories": [f"{world.host.provider.name}:*/*"]}
    entries = {name: {**entry, "directory": str(world.folder / name)} for name in names}
    for name in names:
        (world.folder / name).mkdir()
    (world.folder / "targets.yml").write_text(yaml.safe_dump({"targets": entries}))


@pytest.mark.engine
async def test_features_99_103_104_106_every_target_is_told_in_the_comment_and_on_the_page(world: World) -> None:
    """Fails at the first of two targets, and is rolled back there; what has failed is named, and the page has every event."""
    place(world, ("one", "two"))
    repo = await world.repo(PIPELINE)
    pull_request = await repo.open_pull_request(files=revision("v1", 0))
    assert await pull_request.status() == "Succeeded"
    (comment,) = await pull_request.comments()
    assert "to 2 targets: 2 done" in comment.body
    await pull_request.push(files=revision("v2", 3))
    assert await pull_request.status() == "Failed"
    (comment,) = await pull_request.comments()
    assert "to 2 targets: 1 failed, 1 not begun" in comment.body
    assert "check.sh failed with exit status 3" in comment.body
    assert "to 1 target: 1 done" in comment.body
    assert [(world.folder / name / "app/version").read_text() for name in ("one", "two")] == ["v1", "v1"]
    page = await world.page(f"/executions/{(await pull_request.head.execution()).id}")
    assert page.count('aria-label="Events on one"') == 2
    assert "[stdout]checked v2" in page
    assert "rolls back d-" in page


@pytest.mark.anywhere
async def test_feature_106_a_deployment_that_goes_on_tells_how_far_it_is(world: World) -> None:
    """On the status of its stage and in the comment, target by target and hook by hook."""
    place(world, ("one", "two"))
    slow = "#!/bin/sh\ncase $PWD in */two/*) touch begun; until [ -e go ]; do sleep 0.02; done;; esac\n"
    repo = await world.repo(PIPELINE)
    pull_request = await repo.open_pull_request(files=revision("v1", 0))
    going = asyncio.create_task(pull_request.push(files={**revision("v2", 0), "check.sh": slow}))
    while not (begun := list((world.folder / "targets/two").glob("*/begun"))):  # noqa: ASYNC110  a file tells nobody
        await asyncio.sleep(0.02)
    execution = (await repo.executions())[-1]
    while target_words((await world.store.deployments(execution.id))[0].targets[1]) != "ValidateService":  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await world.told_how_far(execution.id)
    (comment,) = await pull_request.comments()
    assert "to 2 targets: 1 done, 1 at work" in comment.body
    assert "⏳ `two` ValidateService" in comment.body
    assert (await Push(repo, execution.revision.commit).described())["web/prod"] == "deploying: 1 of 2 targets"
    (begun[0].parent / "go").touch()
    push = await going
    assert "⏳" not in (await pull_request.comments())[0].body
    assert (await push.described())["web/prod"].startswith("succeeded")
