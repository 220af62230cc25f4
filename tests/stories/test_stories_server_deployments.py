"""Deployments to servers: what a pull request and the pages tell of them, target by target. What they do on targets is told in tests/deploying."""

import yaml

from tests.world.world import World

PIPELINE = "stages: [{name: prod, actions: [{name: go, deploy: appspec.yml}]}]\n"
SPEC = "version: 0.0\nos: linux\nfiles: [{source: app, destination: /app}]\nhooks: {ValidateService: [{location: check.sh}]}\n"


def revision(name: str, status: int) -> dict[str, str]:
    return {"appspec.yml": SPEC, "app/version": name, "check.sh": f"#!/bin/sh\necho checked {name}\nexit {status}\n"}


async def test_features_99_103_104_106_every_target_is_told_in_the_comment_and_on_the_page(world: World) -> None:
    """Fails at the first of two targets, and is rolled back there; what has failed is named, and the page has every event."""
    entry = {"local": True, "tags": {"environment": "prod"}, "repositories": [f"{world.host.provider.name}:*/*"]}
    entries = {name: {**entry, "directory": str(world.folder / name)} for name in ("one", "two")}
    for name in entries:
        (world.folder / name).mkdir()
    (world.folder / "targets.yml").write_text(yaml.safe_dump({"targets": entries}))
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
    assert [(world.folder / name / "app/version").read_text() for name in entries] == ["v1", "v1"]
    page = await world.page(f"/executions/{(await pull_request.head.execution()).id}")
    assert page.count('aria-label="Events on one"') == 2
    assert "[stdout]checked v2" in page
    assert "rolls back d-" in page
