"""`penstock serve`: the bot, until it is asked to stop."""

import asyncio
import signal

import click
import uvloop

from bot import journal
from bot.cli.server import Server
from bot.settings import Settings, load


@click.command()
def serve() -> None:
    """Run the bot. Settings come from the environment and .env; SIGTERM lets running actions finish."""
    settings = load()
    journal.configure(settings.log_level, settings.log_format)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    async with Server(settings) as server:
        await asked.wait()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)  # asked again, it ends at once
        await server.drain()
