"""A site that is really listened to, and a client for it."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, async_playwright, expect
from structlog.testing import capture_logs
from yarl import URL

from bot.web.app import build_app
from bot.web.door import FrontDoor
from bot.web.site import AccessRules, Site
from tests.web.scene import Scene
from tests.world.patience import PATIENCE


class FrontDoorServer(TestServer):
    """Reached as `penstock serve` is: through the front door. `past_the_door` is the address of aiohttp alone."""

    async def start_server(self, loop: asyncio.AbstractEventLoop | None = None, **kwargs: Any) -> None:
        await super().start_server(loop, **kwargs)
        self.past_the_door = self.port
        listener = socket.create_server((self.host, 0))
        assert isinstance(self.runner, web.AppRunner)
        self.door = FrontDoor(self.runner, listener, 128)
        await self.door.start()
        self.port = listener.getsockname()[1]
        self._root = URL(f"http://{self.host}:{self.port}")

    async def close(self) -> None:
        if self.started:
            await self.door.leave()
        await super().close()


CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-extensions",
    "--disable-default-apps",
    "--mute-audio",
    "--disable-component-update",
    "--disable-sync",
]

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
async def serve(scene: Scene) -> AsyncIterator[Serve]:
    """Serve the scene, on loopback unless told otherwise."""
    clients: list[Client] = []

    async def start(access: AccessRules | None = None, site: Site | None = None, **how: Any) -> Client:
        client = TestClient(FrontDoorServer(build_app(site or scene.site(access, **how))))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(serve: Serve) -> Client:
    return await serve()


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, kept from the terminal: failures are provoked here."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one listens that all share, since to start it takes half a second of the processor: no two contexts know of each other."""
    where = ("--remote-debugging-port=0", f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    with subprocess.Popen([CHROMIUM, *ARGUMENTS, *where], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        listening = next(line for line in process.stderr if line.startswith("DevTools listening on "))
        yield listening.split()[-1]
        process.terminate()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        yield browser
        await browser.close()
