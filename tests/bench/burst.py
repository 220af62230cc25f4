"""*burst*: 100 pushes at once, executions finished a second, against the shell script run 100 times, two at a time."""

import asyncio
import time
from pathlib import Path

from tests.bench.bot_process import BotProcess
from tests.bench.figures import Figure, middle
from tests.bench.overhead import github_settings, new_mirror, run_floor
from tests.bench.pushes import PIPELINE, Arrivals, PreparedPushes, Push, post
from tests.world.github.server import FakeGitHub

COUNT = 100
ROUNDS = 3
AT_ONCE = 2
LIMIT = 120.0


async def burst(folder: Path) -> Figure:
    arrivals = Arrivals()
    async with FakeGitHub(folder / "github") as github:
        prepared = await PreparedPushes.make(github, PIPELINE)
        token = github.token(github.bot)
        ours, floors = [], []
        async with BotProcess(folder, **github_settings(github, token)) as bot:
            for turn in range(ROUNDS):
                numbers = range(turn * COUNT, (turn + 1) * COUNT)
                pushes = [await prepared.push(f"branch-{number}", number) for number in numbers]
                ours.append(await _ours(bot, pushes, arrivals))
                floors.append(await _floor(folder / f"floor-{turn}", prepared, pushes, token))
    parts = {"ours": f"{COUNT / middle(ours):.1f}/s", "floor": f"{COUNT / middle(floors):.1f}/s"}
    return Figure("burst", middle([floor / one for one, floor in zip(ours, floors, strict=True)]), ">= 0.5", parts)


async def _ours(bot: BotProcess, pushes: list[Push], arrivals: Arrivals) -> float:
    arrived = [arrivals.of(push.commit) for push in pushes]
    began = time.perf_counter()
    await asyncio.gather(*(post(bot.url, push) for push in pushes))
    await asyncio.wait_for(asyncio.gather(*arrived), LIMIT)
    return time.perf_counter() - began


async def _floor(folder: Path, prepared: PreparedPushes, pushes: list[Push], token: str) -> float:
    mirrors: asyncio.Queue[Path] = asyncio.Queue()  # one each for those that run side by side: git locks a mirror
    for number in range(AT_ONCE):
        mirrors.put_nowait(await new_mirror(folder / f"{number}.git"))
    url = prepared.clone_url(token)

    async def one(number: int, push: Push) -> None:
        mirror = await mirrors.get()
        await run_floor(mirror, url, push.commit, folder / str(number))
        mirrors.put_nowait(mirror)

    began = time.perf_counter()
    await asyncio.gather(*(one(number, push) for number, push in enumerate(pushes)))
    return time.perf_counter() - began
