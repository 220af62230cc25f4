"""Artifact stores of regions: an action in another region uses the store there, and everybody else finds what it made (ART-7)."""

import html
from pathlib import Path

import aiohttp
import pytest

from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore
from bot.messages.words import when
from bot.model.artifact import space_of
from bot.runtime.retention import Kept
from tests.world.world import MakeWorld

ABROAD = """\
stages:
  - name: build
    actions:
      - {name: package, run: "git log -1 --format=%s > made", outputs: {made: [made]}}
  - name: abroad
    actions:
      - name: translate
        region: eu-west-1
        inputs: [made]
        run: ["tr a-z A-Z < made > translated", 'test "$PENSTOCK_REGION" = eu-west-1']
        outputs: {translated: [translated]}
  - name: deploy
    actions:
      - {name: roll-out, inputs: [made, translated], run: 'test "$(cat "$PENSTOCK_INPUT_TRANSLATED/translated")" = FIRST'}
      - name: check
        region: eu-west-1
        inputs: [translated]
        build: {version: 0.2, phases: {build: {commands: ['test "$AWS_REGION $(cat translated)" = "eu-west-1 FIRST"']}}}
"""


async def _held(folder: Path, space: str, *artifacts: str) -> list[bool]:
    """Which of them a store has whole, looked at as nobody but that store's owner can."""
    store = ArtifactStore(Objects(folder.as_uri()), MasterKeys([bytes(32)]))
    return [await store.has(space, artifact) for artifact in artifacts]


@pytest.mark.anywhere
async def test_feature_47_art_7_an_action_reads_from_its_region_s_store_and_writes_there(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """And where nothing may stay, nothing stays in any store."""
    async with make_world(real_jobs=True, sql=True, regions=["eu-west-1"], kept=Kept(history=0, artifacts=0)) as world:
        repo = await world.repo(ABROAD)
        push = await repo.push("First")
        execution = await push.execution()
        assert str(execution.status) == "Succeeded", await push.described()
        [made], [abroad] = [list(run.actions[0].artifacts.values()) for run in execution.stages[:2]]
        assert (made.region, abroad.region) == ("", "eu-west-1")
        space, home, there = space_of(repo.repository), tmp_path / "artifacts", tmp_path / "artifacts-eu-west-1"
        assert await _held(home, space, made.id, abroad.id) == [True, True]
        assert await _held(there, space, made.id, abroad.id) == [True, True]

        page = " ".join((await world.page(f"/executions/{execution.id}")).split())
        assert "download>made</a>: 1 file, 1 kB</span>" in page
        assert "download>translated</a>: 1 file, 1 kB, in eu-west-1</span>" in page
        assert "download>made</a> in eu-west-1</span>" in page, "what it was given was copied there"
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{world.url}/executions/{execution.id}/artifacts/translated") as answer,
        ):
            assert answer.status == 200

        for title in ("first", "First"):
            await repo.push(title)
        await world.settled()
        await world.bot.upkeep.once()
        assert await _held(home, space, made.id, abroad.id) == [False, False]
        assert await _held(there, space, made.id, abroad.id) == [False, False]


@pytest.mark.anywhere
async def test_art_7_an_action_in_a_region_that_the_bot_does_not_have_fails_before_it_begins(
    make_world: MakeWorld,
) -> None:
    file = (
        "stages: [{name: build, actions: [{name: package, region: eu-north-1, run: 'true', outputs: {all: ['**']}}]}]\n"
    )
    async with make_world(real_jobs=True, regions=["eu-west-1"]) as world:
        push = await (await world.repo(file)).push()
        assert await push.status() == "Failed"
        [package] = (await push.execution()).stages[0].actions
        assert package.summary.startswith("the bot has no artifact store in the region eu-north-1 (it has eu-west-1)")
        assert package.exit_status is None, "nothing ran"


@pytest.mark.anywhere
async def test_art_7_a_store_that_fails_is_tried_again_and_given_up_in_words(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """Everybody is told what is waited for; what has run is not run again; and what was given up can be retried."""
    file = "stages: [{name: abroad, actions: [{name: keep, region: eu-west-1, run: 'echo ran; echo a > a', outputs: {all: [a]}}]}]\n"
    store, away = tmp_path / "artifacts-eu-west-1", tmp_path / "away"
    async with make_world(real_jobs=True, regions=["eu-west-1"]) as world:
        repo = await world.repo(file)
        store.rename(away)
        store.write_text("no folder")
        until = when(world.clock.at + 900)
        waits = f"waits for the bot's artifact store in eu-west-1, which can't be used: it is tried again until {until}"
        mended = await repo.push()
        assert await mended.status() == "InProgress"
        assert waits in html.unescape(await world.page(f"/executions/{(await mended.execution()).id}"))
        assert waits in " ".join((await mended.described()).values())
        assert "penstock_failing_actions 1.0" in world.metrics()
        await world.wind(seconds=60)
        assert await mended.status() == "InProgress"
        assert waits in " ".join((await mended.described()).values()), "still, when it has been tried again"
        store.unlink()
        away.rename(store)
        await world.wind(seconds=60)
        assert await mended.status() == "Succeeded"
        assert "penstock_failing_actions 0.0" in world.metrics()
        log = await world.page(f"/executions/{(await mended.execution()).id}/logs/abroad/keep/1/raw")
        assert log.splitlines().count("ran") == 1

        store.rename(away)
        store.write_text("no folder")
        failed = await repo.push()
        await world.wind(seconds=899)
        assert await failed.status() == "InProgress"
        await world.wind(seconds=1)
        assert await failed.status() == "Failed"
        [keep] = (await failed.execution()).stages[0].actions
        assert keep.summary.startswith("the bot's artifact store in eu-west-1 could not be used for 15 min")
        store.unlink()
        away.rename(store)
        await failed.comment("/retry", by=world.ada)
        assert await failed.status() == "Succeeded"
