"""The world put together: the real bot with its pages, on a host and a clock of the world's. What stories do with it is in `world`."""

import socket
from typing import Self

from aiohttp import web

from bot.definition import json_schema
from bot.logs.files import LogFiles
from bot.model.delivery import Delivery
from bot.runtime.bot import Bot
from bot.runtime.metrics import Metrics
from bot.web.app import build_app
from bot.web.door import FrontDoor
from bot.web.site import AccessRules, Site
from tests.world.parts import OPERATOR, WorldParts
from tests.world.quiet import Quiet


class Assembled(WorldParts):
    """Entered, it runs."""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self._stack.callback(listener.close)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await self.host.start(self.folder, self.clock)
        self._stack.push_async_callback(self.host.close)
        logs = LogFiles(self.folder / "logs")
        self.bot = Bot(await self._parts(logs))
        self._stack.push_async_callback(self.bot.close)
        await self._listen(listener, logs)
        self._quiet = Quiet(self.bot, self.host, self.clock, self._script)
        self.ada, self.ben, self.cleo, self.dan = [
            await self.host.person(login) for login in ("ada", "ben", "cleo", "dan")
        ]

    async def _listen(self, listener: socket.socket, logs: LogFiles) -> None:
        provider, bot = self.host.provider, self.bot
        providers = {provider.name: provider}
        inbox = _Recorder(bot, self._deliveries)
        access = AccessRules(loopback=True, operator_token=OPERATOR)
        app = build_app(
            Site(
                self.store,
                logs,
                providers,
                inbox,
                bot.changes,
                Metrics(),
                self.clock,
                access,
                json_schema,
                artifacts=self.artifacts,
                upcoming=bot.schedules.upcoming,
                webhooks=bot.webhooks,
                revisions=bot.told_revisions,
                watches=bot.watches,
            )
        )
        await self.host.deliver(app, self.url)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await bot.start()
        door = FrontDoor(runner, listener, 128)
        await door.start()
        self._stack.push_async_callback(door.leave)
        await self.host.listen()


class _Recorder:
    """The bot's inbox, and what came in through it."""

    def __init__(self, bot: Bot, deliveries: list[Delivery]) -> None:
        self._bot = bot
        self._deliveries = deliveries

    async def accept(self, delivery: Delivery) -> bool:
        self._deliveries.append(delivery)
        return await self._bot.inbox.accept(delivery)
