"""What is old is let go of, and what still waits is not."""

from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from bot.artifacts.store import ArtifactStore
from bot.logs.files import LogFiles
from bot.model.rollback import ExecutionType
from bot.ports import StoreUnavailable
from bot.runtime.retention import Kept, Retention
from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine


async def test_after_a_month_deliveries_are_forgotten_and_what_waits_goes_on(world: World) -> None:
    repo = await world.repo("build -> prod: go-live! > roll-out")
    waiting = await repo.push()
    await world.bot.inbox.settled()
    await world.bot.upkeep.once()
    assert await world.store.forget_deliveries(world.clock.now() + 1, 1) == 1, "what is young was kept"

    await waiting.comment("/status")
    await world.bot.inbox.settled()
    await world.wind(days=31)
    await world.bot.upkeep.once()
    assert await world.store.forget_deliveries(world.clock.now() + 1, 1) == 0, "nothing old is left"
    assert await waiting.status() == "Failed", "an approval waits for a week"

    newest = await repo.push("Another")
    await world.bot.upkeep.once()
    await newest.comment("/approve")
    assert await newest.status() == "Succeeded"


@pytest.mark.needs("reopening")
async def test_a_comment_of_long_ago_is_not_obeyed_though_nobody_remembers_it(make_world: MakeWorld) -> None:
    """Who has seen its signed delivery sends it again, under another id, once the pull request has been opened again."""
    async with make_world(kept=Kept(deliveries=9, history=9)) as world:
        repo = await world.repo("build -> prod!")
        pull_request = await repo.open_pull_request()
        await pull_request.comment("That was long ago.\n\n/approve")
        assert await pull_request.status() == "Succeeded"
        await pull_request.close()
        await repo.push()
        await world.wind(days=40)
        await world.bot.upkeep.once()
        await pull_request.reopen()
        assert [each.number for each in await repo.executions()] == [2, 3], "nothing of the first is left"

        assert await world.deliver_again(identity="another-1", holding=b"That was long ago") == 202
        assert await pull_request.status() == "InProgress"
        await pull_request.comment("/approve")
        assert await pull_request.status() == "Succeeded"


DEPLOYS = """\
stages:
  - name: build
    actions:
      - {name: package, run: "git log -1 --format=%s > made", outputs: {made: [made]}}
  - name: deploy
    actions:
      - {name: roll-out, inputs: [made], run: "cat made; grep -qv Broken made"}
"""


async def test_feature_46_art_10_what_can_be_rolled_back_to_stays_and_all_else_goes(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """With no days at all: each stage's last success, what `/rollback` alone would go to, and what may be retried."""
    async with make_world(real_jobs=True, sql=True, kept=Kept(history=0, artifacts=0)) as world:
        repo = await world.repo(DEPLOYS)
        pushes = [await repo.push(title) for title in ("First", "Second", "Third", "Fourth")]
        executions = [await push.execution() for push in pushes]
        broken = await repo.push("Broken")
        await world.settled()
        await world.bot.upkeep.once()

        assert [each.number for each in await repo.executions()] == [4, 5], "the last success, and what may be retried"
        for gone in executions[:3]:
            assert await world.store.history(gone.id) == []
            assert not (tmp_path / "logs" / gone.id).exists()
            assert await _download(world, gone.id) == 404
        assert await _download(world, executions[3].id) == 200
        assert (tmp_path / "logs" / executions[3].id).exists()

        await broken.comment("/rollback deploy")
        rolled_out = (await repo.executions())[-1].stages[1].actions[0]
        assert await LogFiles(tmp_path / "logs").tail(rolled_out.log, 1) == "Fourth", "with what it had made"
        await world.bot.upkeep.once()
        assert [each.number for each in await repo.executions()] == [4, 5, 6], (
            "what a rollback brings back stays with it"
        )
        assert (await repo.executions())[-1].type is ExecutionType.ROLLBACK
        assert await (await repo.push("Sixth")).status() == "Succeeded", "it goes on, and its number was never used"
        assert (await repo.executions())[-1].number == 7


async def test_artifacts_may_go_before_the_history(make_world: MakeWorld) -> None:
    async with make_world(real_jobs=True, kept=Kept(history=365, artifacts=90)) as world:
        repo = await world.repo(DEPLOYS)
        executions = [await (await repo.push(title)).execution() for title in ("First", "Second", "Third")]
        await world.wind(days=89)
        await world.bot.upkeep.once()
        assert [await _download(world, each.id) for each in executions] == [200, 200, 200]
        await world.wind(days=2)
        await world.bot.upkeep.once()
        assert [await _download(world, each.id) for each in executions] == [410, 200, 200]
        assert len(await repo.executions()) == 3
        await world.wind(days=300)
        await world.bot.upkeep.once()
        assert [await _download(world, each.id) for each in executions] == [404, 200, 200]


@pytest.mark.anywhere
async def test_of_many_executions_the_newest_are_kept_and_what_can_be_rolled_back_to(make_world: MakeWorld) -> None:
    """By count, whatever their age, and each lane for itself."""
    async with make_world(real_jobs=True, sql=True, kept=Kept(history_count=4, artifacts_count=3)) as world:
        repo = await world.repo(DEPLOYS)
        elsewhere = await (await repo.open_pull_request()).head.execution()
        pushed = [await (await repo.push(title)).execution() for title in ("First", "Second", "Third")]
        pushed += [await (await repo.push("Broken")).execution() for _ in range(4)]
        await world.bot.upkeep.once()
        assert await _download(world, elsewhere.id) == 200
        there = [await _download(world, each.id) for each in pushed]
        assert there == [404, 404, 200, 410, 200, 200, 200], "the third is what last went well"


@pytest.mark.anywhere
async def test_a_later_life_removes_only_what_is_there(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a store that is far away, each removal is worth being spared."""
    removed: list[str] = []
    remove = ArtifactStore.remove

    async def noted(store: ArtifactStore, space: str, artifacts: Sequence[str]) -> None:
        removed.extend(artifacts)
        await remove(store, space, artifacts)

    monkeypatch.setattr(ArtifactStore, "remove", noted)
    kept = Kept(artifacts=0)
    async with make_world(real_jobs=True, kept=kept) as world:
        repo = await world.repo(DEPLOYS)
        executions = [await (await repo.push(title)).execution() for title in ("First", "Second", "Third")]
        await world.bot.upkeep.once()
        [first] = removed
        assert first == executions[0].stages[0].actions[0].artifacts["made"].id
        later = Retention(
            world.store, LogFiles(tmp_path / "logs"), world.artifacts, world.clock, kept, world.bot.engine.tell
        )
        await later.once()
        assert removed == [first]


async def test_of_what_was_closed_or_deleted_long_ago_nothing_stays(make_world: MakeWorld) -> None:
    """Neither the newest nor what failed and might be retried; and what such refs were told last is forgotten, too."""
    async with make_world(sql=True, kept=Kept(history=365, artifacts=365)) as world:
        repo = await world.repo("build -> prod")
        repo.action("build").fails()
        closed, open_ = [await repo.open_pull_request(branch=branch) for branch in ("closed", "open")]
        await repo.push(branch="main")
        await closed.close()
        await repo.delete_branch("closed")
        before = {execution.number for execution in await repo.executions()}
        await world.wind(days=364)
        await world.bot.upkeep.once()
        assert {execution.number for execution in await repo.executions()} == before
        await world.wind(days=2)
        await world.bot.upkeep.once()
        assert {execution.lane.ref.name for execution in await repo.executions()} == {"main", str(open_.number)}


async def test_killed_between_files_and_rows_the_next_round_removes_the_rest(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make_world(real_jobs=True, sql=True, kept=Kept(history=0, artifacts=0)) as world:
        repo = await world.repo(DEPLOYS)
        first = await (await repo.push("First")).execution()
        for title in ("Second", "Third"):
            await repo.push(title)
        with monkeypatch.context() as dying:
            dying.setattr(world.store, "remove_executions", _die)
            with pytest.raises(StoreUnavailable):
                await world.bot.upkeep.once()
        assert await _download(world, first.id) == 410, "its files are gone, and it is known still"
        await world.bot.upkeep.once()
        assert [each.number for each in await repo.executions()] == [2, 3]


@pytest.mark.anywhere
async def test_where_artifacts_can_t_be_removed_what_names_them_stays_and_all_else_goes_on(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """Their storage, a region's say, does not answer: the next round in which it does removes them."""
    async with make_world(real_jobs=True, sql=True, kept=Kept(history=0, artifacts=0), regions=["eu-west-1"]) as world:
        repo = await world.repo(DEPLOYS)
        for title in ("First", "Second", "Third"):
            await repo.push(title)
        store, away = tmp_path / "artifacts-eu-west-1", tmp_path / "away"
        store.rename(away)
        store.write_text("no folder")
        await world.bot.upkeep.once()  # to its end
        assert [each.number for each in await repo.executions()] == [1, 2, 3]
        store.unlink()
        away.rename(store)
        await world.bot.upkeep.once()
        assert [each.number for each in await repo.executions()] == [2, 3]


async def _die(*_: object) -> int:
    raise StoreUnavailable("killed")


async def _download(world: World, execution: str) -> int:
    url = f"{world.url}/executions/{execution}/artifacts/made"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status
