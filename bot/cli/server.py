"""A bot that listens: the socket first, so that its address is known, then the bot, then the pages; and all back again.

Both `serve` and `demo` run this one.
"""

import gc
import socket
from contextlib import AsyncExitStack
from typing import Self

import click
import structlog
from aiohttp import web

from bot.cli.data_folder import DataFolder
from bot.composition.bot import Composed, FrontDoor, compose
from bot.settings import Settings

log = structlog.get_logger(__name__)

BACKLOG = 1024


def quieten_collector() -> None:
    """What has been loaded stays, so the garbage collector need not go through it again and again; and it comes less often:
    a decision makes many small things, none of which is garbage of the kind that only the collector finds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class AddressTaken(click.ClickException):
    """The address can't be listened on; the text says which and what to do."""

    exit_code = 2


class Server:
    """An async context: inside it, the bot is up at `url`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._site: FrontDoor | None = None
        self.url = settings.url
        self.composed: Composed

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def drain(self) -> None:
        """Stop accepting, let running actions finish, tell what is to be told."""
        if self._site is not None:
            await self._site.stop()
        log.info("draining", running=self.composed.bot.runner.running)
        finished = await self.composed.bot.drain(self._settings.grace_period)
        log.info("drained", finished=finished)

    async def _start(self) -> None:
        folder = DataFolder(self._settings.data_dir)
        self._stack.callback(folder.close)
        listener = _listen(self._settings)
        self._stack.callback(listener.close)
        port = listener.getsockname()[1]
        self.url = self._settings.model_copy(update={"port": port}).url
        self.composed = await compose(self._settings, self.url, self._stack)
        runner = web.AppRunner(self.composed.app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await self.composed.bot.start()
        self._site = FrontDoor(runner, listener, BACKLOG)
        await self._site.start()
        self.composed.bot.catching_up.start()  # what is sent again must find somebody listening
        self._stack.push_async_callback(self._site.leave)
        if self.composed.host is not None:
            # The embedded host reaches the bot where it really listens, whatever its public name is.
            await self.composed.host.deliver(f"http://127.0.0.1:{port}/webhooks/local", self.url)
        quieten_collector()
        folder.note_address(self.url)
        log.info("listening", url=self.url)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"Penstock can't listen on {settings.host}:{settings.port}: {error.strerror}. Set PENSTOCK_HOST or PENSTOCK_PORT to another."
        ) from None
    listener.setblocking(False)
    return listener
