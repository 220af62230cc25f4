"""The bot killed with kill -9 in the middle of a shift of traffic: it goes on from the step that was reached, or shifts back; nobody who asks ever sees an error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.crash.served import Served, all_ended, told
from tests.world.nginx import Nginx
from tests.world.patience import PATIENCE

NAMES = ("b", "g")
PIPELINE = """
triggers: {push: {branches: [main]}}
stages:
  - name: prod
    actions:
      - name: go
        deploy: {balancer: front, config: {canary: 50%, interval: 2s}, blue_green: {blue: b, green: g}}
"""
KEEPING = PIPELINE.replace("green: g", "green: g, originals: {wait: 1h}")
APPSPEC = """
version: 0.0
os: linux
files: [{source: version, destination: /app}]
hooks:
  AfterAllowTraffic: [{location: last.sh}]
"""


def revision(name: str, last: str = "exit 0", pipeline: str = PIPELINE) -> dict[str, str]:
    return {
        ".pipeline.yml": pipeline,
        "appspec.yml": APPSPEC,
        "version/version": name,
        "last.sh": f"#!/bin/sh\n{last}\n",
    }


def says(folder: Path, name: str) -> str:
    version = folder / name / "app/version"
    return version.read_text() if version.exists() else "empty"


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Nginx]:
    async with Nginx(tmp_path, {name: partial(says, tmp_path, name) for name in NAMES}) as made:
        yield made


@pytest.fixture
async def bot(tmp_path: Path, front: Nginx) -> AsyncIterator[Served]:
    entries: dict[str, Mapping[str, object]] = {
        name: {"local": True, "directory": str(tmp_path / name), "repositories": ["local:acme/*"]} for name in NAMES
    }
    entries["lb"] = {"local": True, "repositories": []}
    for name in NAMES:
        (tmp_path / name).mkdir()
    (tmp_path / "targets.yml").write_text(yaml.safe_dump({"targets": entries, "balancers": {"front": front.entry()}}))
    made = Served(tmp_path, targets_file=str(tmp_path / "targets.yml"))
    yield made
    await made.end()


async def seen(enough: Callable[[], bool]) -> None:
    """A file tells nobody that it has changed."""
    async with asyncio.timeout(PATIENCE):
        while not enough():  # noqa: ASYNC110  as above
            await asyncio.sleep(0.02)


async def test_killed_in_the_middle_of_a_shift_it_goes_on_and_in_the_middle_of_a_script_it_shifts_back(
    bot: Served, front: Nginx, tmp_path: Path
) -> None:
    clone = await bot.settle_in()
    await bot.start()
    async with front.watched() as client:
        await clone.commit(revision("v1"), "One")
        assert await bot.push(clone, "main")
        await bot.until(lambda found: len(found) == 1 and all_ended(found))
        await clone.commit(revision("v2"), "Two")
        assert await bot.push(clone, "main")
        await seen(lambda: front.file.read_text().count("weight=1") == 2)  # half and half
        await bot.kill()
        await bot.start()
        found = await bot.until(lambda found: len(found) == 2 and all_ended(found))
        assert [told(one) for one in found] == ["Succeeded: go Succeeded"] * 2
        assert set(await front.asked(6)) == {"v2"}
        begun = tmp_path / "begun"
        await clone.commit(revision("v3", f"echo begun > {begun}; sleep 300"), "Three")
        assert await bot.push(clone, "main")
        await seen(begun.exists)
        assert set(await front.asked(6)) == {"v3"}
        await bot.kill()
        await bot.start()
        found = await bot.until(lambda found: len(found) == 3 and all_ended(found))
        assert "Failed: go Failed" in [told(one) for one in found]
        assert set(await front.asked(6)) == {"v2"}
    assert client.errors == []
    assert await bot.stop() == 0


async def test_bgr_4_killed_after_a_deployment_was_let_go_on_it_goes_on_in_the_next_life(bot: Served) -> None:
    """What was said is durable before it is answered, and nobody has to say it again."""
    clone = await bot.settle_in()
    await bot.start()
    await clone.commit(revision("v1", pipeline=KEEPING), "One")
    assert await bot.push(clone, "main")
    (waiting,) = await bot.until(lambda found: bool(found and found[0]["stages"][0]["actions"][0]["waits"]))
    order = ("continue", waiting["id"], "prod", "--url")
    assert (await bot.type(*order, bot.url))[0] == 0
    await bot.kill()
    await bot.start()
    (ended,) = await bot.until(all_ended)
    assert told(ended) == "Succeeded: go Succeeded"
    words = "No deployment waits here that could be let go on. penstock status tells what runs.\n"
    assert await bot.type(*order, bot.url) == (1, "", words)
    assert await bot.stop() == 0
