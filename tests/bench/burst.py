"""*burst*: 100 pushes at once, executions finished a second, against the shell script run 100 times, two at a time."""

import asyncio
import subprocess
import time
from pathlib import Path

from tests.bench.bot_process import BotProcess
from tests.bench.figures import Figure
from tests.bench.overhead import github_settings, run_floor
from tests.bench.pushes import PIPELINE, Arrivals, PreparedPushes, Push, post
from tests.world.github.server import FakeGitHub

COUNT = 100
AT_ONCE = 2
LIMIT = 120.0


async def burst(folder: Path) -> Figure:
    arrivals = Arrivals()
    async with FakeGitHub(folder / "github") as github:
        prepared = await PreparedPushes.make(github, PIPELINE)
        token = github.token(github.bot)
        pushes = [await prepared.push(f"branch-{number}", number) for number in range(COUNT)]
        async with BotProcess(folder, **github_settings(github, token)) as bot:
            ours = await _ours(bot, pushes, arrivals)
        floor = await _floor(folder, prepared, pushes, token)
    parts = {"ours": f"{COUNT / ours:.1f}/s", "floor": f"{COUNT / floor:.1f}/s"}
    return Figure("burst", floor / ours, ">= 0.5", parts)


async def _ours(bot: BotProcess, pushes: list[Push], arrivals: Arrivals) -> float:
    arrived = [arrivals.of(push.commit) for push in pushes]
    began = time.perf_counter()
    await asyncio.gather(*(post(bot.url, push) for push in pushes))
    await asyncio.wait_for(asyncio.gather(*arrived), LIMIT)
    return time.perf_counter() - began


async def _floor(folder: Path, prepared: PreparedPushes, pushes: list[Push], token: str) -> float:
    mirrors: asyncio.Queue[Path] = asyncio.Queue()  # one each for those that run side by side: git locks a mirror
    for number in range(AT_ONCE):
        mirror = folder / f"floor-{number}.git"
        await asyncio.to_thread(subprocess.run, ["git", "init", "--quiet", "--bare", str(mirror)], check=True)
        mirrors.put_nowait(mirror)
    url = prepared.clone_url(token)

    async def one(number: int, push: Push) -> None:
        mirror = await mirrors.get()
        await run_floor(mirror, url, push.commit, folder / "floor" / str(number))
        mirrors.put_nowait(mirror)

    began = time.perf_counter()
    await asyncio.gather(*(one(number, push) for number, push in enumerate(pushes)))
    return time.perf_counter() - began
