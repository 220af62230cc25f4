"""What a buildspec asks of AWS, as a build gets it: where the operator lets its repository, masked, and nobody's from outside (ENV-4 to ENV-6, ENV-10)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.building.stored import NotStored, StoredValues
from bot.aws.secrets import AwsSecrets
from bot.buildspec.read import read_buildspec
from bot.logs.files import LogFiles
from bot.stores.memory import MemoryStore
from tests.aws.conftest import Aws
from tests.world.host_local import LocalHost
from tests.world.repo import Push
from tests.world.world import World

FILE = "stages: [{name: build, actions: [{name: package, build: buildspec.yml}]}]\n"
SPEC = """\
version: 0.2
env:
  parameter-store: {TOKEN: /prod/web/1}
  secrets-manager: {PASSWORD: "shared-db:password", OLD: "shared-db:password:AWSPREVIOUS"}
phases: {build: {commands: ['echo "$TOKEN, $PASSWORD, $OLD"', 'test "$TOKEN, $PASSWORD, $OLD" = "value 1, second, first"']}}
"""
GRANTS = (("local:acme/*", "/prod/web/**"), ("local:acme/*", "shared-*"))


@pytest.fixture
async def world(aws: Aws, tmp_path: Path) -> AsyncIterator[World]:
    asked = AwsSecrets(GRANTS, "eu-west-1")
    async with World(LocalHost(), MemoryStore(), tmp_path, real_jobs=True, outside_secrets=asked) as made:
        yield made


async def summary(push: Push) -> str:
    return (await push.execution()).stages[0].actions[0].summary


async def test_feature_88_values_of_aws_reach_the_commands_and_are_masked(world: World) -> None:
    push = await (await world.repo(FILE)).push(files={"buildspec.yml": SPEC})
    assert await push.status() == "Succeeded", await summary(push)
    run = (await push.execution()).stages[0].actions[0]
    log = await LogFiles(world.folder / "logs").tail(run.log, 2000)
    assert "****, ****, ****" in log
    assert "value 1" not in log


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ("parameter-store: {A: /prod/shop/db}", "A is to be /prod/shop/db, and the pipeline has no secret A."),
        ("parameter-store: {A: /prod/web/gone}", "AWS does not give the bot the parameter /prod/web/gone: Parameter"),
        ('secrets-manager: {A: "shared-db:user"}', "The secret for A is no JSON text with a key user."),
    ],
)
async def test_what_is_not_to_be_had_fails_the_build_before_it_begins(world: World, asks: str, said: str) -> None:
    spec = f"version: 0.2\nenv: {{{asks}}}\nphases: {{build: {{commands: [echo]}}}}\n"
    push = await (await world.repo(FILE)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Failed"
    assert (await summary(push)).startswith(said)


async def test_env_10_b11_a_change_from_outside_is_given_nothing(world: World, aws: Aws) -> None:
    push = await (await world.repo(FILE)).push(files={"buildspec.yml": SPEC})
    execution = await push.execution()
    spec = read_buildspec(SPEC.encode()).buildspec
    assert spec is not None
    stored = StoredValues(AwsSecrets(GRANTS, "eu-west-1"))
    assert len(await stored.of(spec.env, {}, execution)) == 3
    with pytest.raises(NotStored, match=r"TOKEN is to be .*Changes from outside are given no secrets\.$"):
        await stored.of(spec.env, {}, replace(execution, may_have_secrets=False))
