"""*accept*: signed deliveries acknowledged durably a second, against a bare aiohttp handler that reads the same body."""

import asyncio
import sys
from pathlib import Path

from tests.bench.bot_process import BotProcess, free_port
from tests.bench.figures import Figure
from tests.bench.load import an_issue, send, signed

COUNT = 6000
CONNECTIONS = 128
ROUNDS = 3


async def accept(folder: Path) -> Figure:
    ours, floors = [], []
    async with BotProcess(folder) as bot:
        floor_port = free_port()
        floor = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.floor_handler", str(floor_port))
        floor_url = f"http://127.0.0.1:{floor_port}"
        await _listening(floor_port)
        for _ in range(ROUNDS):
            bodies = [an_issue(number) for number in range(COUNT)]
            ours.append(COUNT / await send(bot.url, [signed(bot.url, "issues", body) for body in bodies], CONNECTIONS))
            floors.append(
                COUNT / await send(floor_url, [signed(floor_url, "issues", body) for body in bodies], CONNECTIONS)
            )
        floor.terminate()
        await floor.wait()
    best = sorted(ours)[ROUNDS // 2], sorted(floors)[ROUNDS // 2]
    parts = {
        "ours": f"{best[0]:.0f}/s",
        "floor": f"{best[1]:.0f}/s",
        "body": f"{len(bodies[0])} bytes",
        "connections": str(CONNECTIONS),
    }
    return Figure("accept", best[0] / best[1], ">= 0.5", parts)


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
