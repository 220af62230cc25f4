"""`penstock demo`: everything at once, for somebody who has never seen it. The bot and its Git host are the real ones.

What happens is told by `demo_story`; here the story is staged: server, people, repository, and who answers the approval.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path

import click
import uvloop
from rich.console import Console
from rich.markup import escape

from bot import journal
from bot.cli.demo_story import DemoFailed, Story
from bot.cli.server import Server
from bot.settings import LOOPBACK, load

LIMIT = 90.0
"""Seconds after which a demo that nobody watches gives up."""


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Where to listen; default 8080, or any free port."
)
def demo(port: int | None) -> None:
    """Show it all with the embedded Git host: a push, a pull request, statuses, an approval, a deployment.

    On a terminal it stays up afterwards. Without one, or with CI=true, it approves by itself, checks how everything ended, and exits.
    """
    console = Console(highlight=False)
    watched = console.is_terminal and sys.stdin.isatty() and os.environ.get("CI", "").lower() != "true"
    journal.configure("warning", "console")
    try:
        uvloop.run(_demo(console, _port(port), watched=watched))
    except DemoFailed as failed:
        console.print(f"[red]✗[/] The demo failed: {escape(str(failed))}", soft_wrap=True)
        sys.exit(1)


def _port(wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8080))
        except OSError:
            return 0
    return 8080


async def _demo(console: Console, port: int, *, watched: bool) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-demo-", ignore_cleanup_errors=True))
        )
        # What the environment says of hosts and databases is not for a demo: it must not touch them.
        settings = load(
            host="127.0.0.1", port=port, data_dir=folder / "data", database_url="", public_url="",
            github_token=None, github_webhook_secret=(), gitlab_token=None, gitlab_webhook_secret=(), gitlab_signing_token=(),
            bitbucket_token=None, bitbucket_user="", bitbucket_api_token=None, bitbucket_webhook_secret=(),
            bitbucket_dc_url="", bitbucket_dc_token=None, bitbucket_dc_webhook_secret=(), grace_period=1, local_host=True,
        )  # fmt: skip
        assert settings.host in LOOPBACK  # noqa: S101  a demo is nobody else's to reach
        server = await stack.enter_async_context(Server(settings))
        story = Story(server, folder, console)
        if not watched:
            await _unwatched(story)
            return
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        await _until(ended, story.tell(patient=True))
        if not ended.is_set():
            story.say_what_next()
            await ended.wait()
        await server.drain()


async def _unwatched(story: Story) -> None:
    try:
        async with asyncio.timeout(LIMIT):
            await story.tell(patient=False)
            await story.check()
    except TimeoutError:
        raise DemoFailed(f"it did not end within {LIMIT:.0f} seconds. {await story.state()}") from None


async def _until(ended: asyncio.Event, story: Coroutine[object, object, None]) -> None:
    """Tell the story, unless the watcher leaves first."""
    telling, leaving = asyncio.create_task(story), asyncio.create_task(ended.wait())
    await asyncio.wait([telling, leaving], return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if telling.done():
        telling.result()
    else:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
