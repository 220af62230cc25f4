"""*accept*: signed deliveries acknowledged durably a second, against a bare aiohttp handler that reads the same body."""

import asyncio
import sys
from pathlib import Path

from tests.bench.bot_process import BotProcess, free_port, processor_seconds
from tests.bench.figures import Figure, middle
from tests.bench.load import an_issue, send, signed

COUNT = 3000
CONNECTIONS = 128
ROUNDS = 9
"""Ours and the floor's in turn; the middle of the rounds' ratios is not moved by what others do to one of them."""


async def accept(folder: Path) -> Figure:
    ours, floors = [], []
    async with BotProcess(folder) as bot:
        floor_port = free_port()
        floor = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.floor_handler", str(floor_port))
        floor_url = f"http://127.0.0.1:{floor_port}"
        await _listening(floor_port)
        began = [processor_seconds(bot.pid), processor_seconds(floor.pid)]
        for _ in range(ROUNDS):
            bodies = [an_issue(number) for number in range(COUNT)]
            ours.append(COUNT / await send(bot.url, [signed(bot.url, "issues", body) for body in bodies], CONNECTIONS))
            floors.append(
                COUNT / await send(floor_url, [signed(floor_url, "issues", body) for body in bodies], CONNECTIONS)
            )
        await asyncio.sleep(0.5)  # outcomes are written a moment later
        work = [processor_seconds(bot.pid) - began[0], processor_seconds(floor.pid) - began[1]]
        floor.terminate()
        await floor.wait()
    ratio = middle([one / other for one, other in zip(ours, floors, strict=True)])
    parts = {
        "ours": f"{middle(ours):.0f}/s",
        "floor": f"{middle(floors):.0f}/s",
        "processor, a delivery": " and ".join(f"{each / COUNT / ROUNDS * 1e6:.0f} µs" for each in work),
        "body": f"{len(bodies[0])} bytes",
        "connections": str(CONNECTIONS),
    }
    return Figure("accept", ratio, ">= 0.5", parts)


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
