"""The bot as a process: killed at random moments, asked to end, started twice. Git, webhooks and jobs are real."""

import asyncio
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.served import WEB, Served, all_ended, told

ROUNDS = 12
LONGEST = 0.4
"""Seconds after its start within which the bot is killed: enough for a push, a job and a report."""

HARD_TO_KILL = """
outdated: finish
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions:
      - name: unit
        run: |
          setsid sh -c 'trap "" TERM; sleep 300' &
          sh -c 'sleep 300 & sleep 300' &
          sleep 0.1
    on_failure: {result: retry}
"""
ASKS = """
triggers: {pull_request: {}}
stages: [{name: gate, actions: [{name: go-live, approve: {}}]}]
"""


async def test_killed_again_and_again_it_loses_nothing_and_leaves_nothing_behind(serve: Callable[..., Served]) -> None:
    chance = random.Random(20261123)  # the same moments each time
    bot = serve(max_parallel_actions="4")
    clone = await bot.settle_in()
    files = {".pipelines/build.yml": HARD_TO_KILL, ".pipelines/gate.yml": ASKS}
    taken = []
    for number in range(ROUNDS):
        await bot.start()
        if number == 0:
            assert await bot.push(clone, "main")
            await clone.git("checkout", "--quiet", "-b", "change")
            await clone.commit(files, "Ask before it goes live")
            assert await bot.push(clone, "change", options=("pull_request",))
            await clone.git("checkout", "--quiet", "main")
            await bot.until(lambda found: len(found) == 1)
        commit = await clone.commit({**files, "number": str(number)}, f"Change {number}")
        pushing = asyncio.create_task(bot.push(clone, "main"))
        await asyncio.wait([pushing], timeout=chance.uniform(0, LONGEST))
        await bot.kill()
        if await pushing:
            taken.append(commit)
    await bot.start()
    final = await clone.commit({**files, "number": "last"}, "The last change")
    assert await bot.push(clone, "main")

    def done(found: list[dict[str, object]]) -> bool:
        builds = [one for one in found if one["lane"]["pipeline"] == "build"]  # type: ignore[index]
        return any(_commit(one) == final for one in builds) and all_ended(builds)

    found = await bot.until(done, within=60)
    started = {_commit(one) for one in found}
    assert [commit for commit in taken if commit not in started] == [], "a push that was taken has no execution"
    assert {told(one) for one in found if one["lane"]["pipeline"] == "build"} <= {
        "Succeeded: unit Succeeded",
        "Failed: unit Failed",  # interrupted twice
        "Superseded: unit NotStarted",
    }
    assert [told(one) for one in found if one["lane"]["pipeline"] == "gate"] == ["InProgress: go-live InProgress"]
    await _answer_from_beside(bot)
    assert await bot.stop() == 0
    await bot.nothing_left()


async def _answer_from_beside(bot: Served) -> None:
    """What another process puts into the host's data is noticed by the one that runs."""
    status, output, errors = await bot.type("host", "comment", WEB, "1", "/approve gate", "--by", "ada")
    assert (status, errors) == (0, "")
    assert output == f"{bot.url}/host/{WEB}/pull/1\n"
    found = await bot.until(all_ended)
    assert [told(one) for one in found if one["lane"]["pipeline"] == "gate"] == ["Succeeded: go-live Succeeded"]


def _commit(execution: dict[str, object]) -> object:
    return execution["revision"]["commit"]  # type: ignore[index]


# --- asked to end ---


def two_stages(folder: Path, first: str) -> str:
    return f"""
triggers: {{push: {{branches: [main]}}}}
stages:
  - name: first
    actions:
      - name: one
        run: |
          echo once >> {folder}/first
          echo begun > {folder}/begun
          {first}
  - name: second
    actions: [{{name: two, run: echo once >> {folder}/second}}]
"""


async def begun(bot: Served, pipeline: str) -> None:
    """The bot runs the pipeline's first action, which has told so."""
    told = bot.folder / "begun"
    os.mkfifo(told)
    clone = await bot.settle_in()
    await bot.start()
    await clone.commit({".pipeline.yml": pipeline}, "Run")
    assert await bot.push(clone, "main")
    await asyncio.to_thread(told.read_text)


async def test_asked_to_end_it_lets_actions_finish_starts_no_more_and_carries_on_next_time(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    bot = serve(grace_period="30")
    os.mkfifo(tmp_path / "go")
    await begun(bot, two_stages(tmp_path, f"read line < {tmp_path}/go"))
    bot.signal(signal.SIGTERM)
    await bot.says("draining")
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", int(bot.url.rpartition(":")[2]))
    await asyncio.to_thread((tmp_path / "go").write_text, "go\n")
    assert await bot.ended() == 0
    assert not (tmp_path / "second").exists()
    await bot.nothing_left()

    await bot.start()
    assert [told(one) for one in await bot.until(all_ended)] == ["Succeeded: one Succeeded, two Succeeded"]
    assert (tmp_path / "first").read_text() == (tmp_path / "second").read_text() == "once\n"
    assert await bot.stop() == 0


async def test_an_action_that_outlasts_the_grace_is_killed_and_told_as_interrupted_next_time(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    bot = serve(grace_period="0")
    await begun(bot, two_stages(tmp_path, "setsid sleep 300 & sleep 300"))
    assert await bot.stop() == 0
    await bot.nothing_left()

    await bot.start()
    [one] = await bot.until(all_ended)
    assert told(one) == "Failed: one Failed, two NotStarted"
    assert one["stages"][0]["actions"][0]["error"] == "Interrupted"
    assert (tmp_path / "first").read_text() == "once\n"
    assert await bot.stop() == 0


async def test_asked_twice_it_ends_at_once(serve: Callable[..., Served], tmp_path: Path) -> None:
    bot = serve(grace_period="60")
    await begun(bot, two_stages(tmp_path, "sleep 300"))
    bot.signal(signal.SIGTERM)
    await bot.says("draining")
    bot.signal(signal.SIGTERM)
    assert await bot.ended(within=10.0) != 0
    await bot.nothing_left()


async def test_a_second_bot_on_the_same_folder_is_refused_kindly(serve: Callable[..., Served]) -> None:
    bot = serve()
    await bot.start()
    status, _, errors = await bot.type("serve")
    assert status == 2
    assert errors == (
        f"Error: A Penstock runs already with the data in {bot.data}, at {bot.url}. "
        "Stop it first, or set PENSTOCK_DATA_DIR to another folder.\n"
    )
    assert await bot.executions() == []
    assert await bot.stop() == 0
