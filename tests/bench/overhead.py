"""*overhead*: from the POST of a push to the POST of its final status, against a shell script that does the same work.

Three `run: "true"` actions in sequence, checkout included, one push after another; the median of them. *waiting* measures
the same again with 10,000 executions waiting for approval.
"""

import asyncio
import subprocess
import time
from pathlib import Path

from tests.bench.bot_process import BotProcess
from tests.bench.figures import Figure, middle, ms
from tests.bench.pushes import PIPELINE, Arrivals, PreparedPushes, post
from tests.world.github.server import FakeGitHub

COUNT = 30
WARM_UP = 3
SCRIPT = Path(__file__).parent / "floor.sh"
LIMIT = 30.0


async def overhead(folder: Path) -> Figure:
    arrivals = Arrivals()
    async with FakeGitHub(folder / "github") as github:
        prepared = await PreparedPushes.make(github, PIPELINE)
        token = github.token(github.bot)
        async with BotProcess(folder, **github_settings(github, token)) as bot:
            mirror = await new_mirror(folder / "floor.git")
            ours, floor = [], []
            for number in range(COUNT + WARM_UP):  # in turn, so that whatever else the machine does meets both alike
                ours += await one_after_another(bot, prepared, arrivals, number, 1)
                floor.append(await _floor(folder, mirror, prepared, token, number))
            ours, floor = ours[WARM_UP:], floor[WARM_UP:]
    parts = {"ours": ms(middle(ours)), "floor": ms(middle(floor)), "worst of ours": ms(max(ours))}
    return Figure("overhead", middle(ours) / middle(floor), "<= 2.0", parts)


def github_settings(github: FakeGitHub, token: str) -> dict[str, str]:
    return {"GITHUB_URL": github.url, "GITHUB_API_URL": github.api_url, "GITHUB_TOKEN": token}


async def one_after_another(
    bot: BotProcess, prepared: PreparedPushes, arrivals: Arrivals, first: int, count: int
) -> list[float]:
    """The seconds that each of so many pushes took."""
    samples = []
    for number in range(first, first + count):
        push = await prepared.push("main", number)
        arrived = arrivals.of(push.commit)
        began = time.perf_counter()
        await post(bot.url, push)
        samples.append(await asyncio.wait_for(arrived, LIMIT) - began)
        await asyncio.sleep(0.05)
    return samples


async def new_mirror(mirror: Path) -> Path:
    await asyncio.to_thread(subprocess.run, ["git", "init", "--quiet", "--bare", str(mirror)], check=True)
    return mirror


async def _floor(folder: Path, mirror: Path, prepared: PreparedPushes, token: str, number: int) -> float:
    """The seconds that the script took for such a push."""
    push = await prepared.push("main", 10_000 + number)
    began = time.perf_counter()
    await run_floor(mirror, prepared.clone_url(token), push.commit, folder / "floor" / str(number))
    return time.perf_counter() - began


async def run_floor(mirror: Path, url: str, commit: str, tree: Path) -> None:
    process = await asyncio.create_subprocess_exec("sh", str(SCRIPT), str(mirror), url, commit, str(tree))
    if await process.wait():
        raise RuntimeError("the floor's script failed")
