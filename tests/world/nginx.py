"""A real nginx on loopback, servers behind it that say who they are, and a client that asks without end."""

import asyncio
import contextlib
import getpass
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Nginx:
    """`servers` are those behind it by name, with what each says; it begins with all of them in its file."""

    def __init__(self, folder: Path, servers: Mapping[str, Callable[[], str]]) -> None:
        self.folder = folder / "nginx"
        self.port = free_port()
        self.addresses: dict[str, str] = {}
        self._says = servers
        self._runners: list[web.AppRunner] = []
        self._process: asyncio.subprocess.Process | None = None

    @property
    def file(self) -> Path:
        return self.folder / "conf.d" / "web.conf"

    @property
    def command(self) -> list[str]:
        return [PROGRAM, "-q", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def entry(self, **more: object) -> dict[str, object]:
        """As the targets file has it; it runs on the target `lb`."""
        return {
            "target": "lb",
            "upstream": "web",
            "file": str(self.file),
            "servers": self.addresses,
            "test": [*self.command, "-t"],
            "reload": [*self.command, "-s", "reload"],
            "pid_file": str(self.folder / "nginx.pid"),
            "parameters": ["max_fails=0"],
            "repositories": ["*:acme/*"],
            **more,
        }

    async def __aenter__(self) -> Self:
        self.file.parent.mkdir(parents=True)
        for name, says in self._says.items():
            self.addresses[name] = await self._serve(says)
        lines = [f"server {address} max_fails=0;" for address in self.addresses.values()]
        self.file.write_text(f"upstream web {{ {' '.join(lines)} }}\n")
        user = f"user {getpass.getuser()};" if getpass.getuser() == "root" else ""
        (self.folder / "nginx.conf").write_text(
            f"{user} worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log; daemon off;\n"
            "events { worker_connections 64; }\n"
            f"http {{ access_log off; client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;\n"
            f"fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;\n"
            f"include {self.folder}/conf.d/*.conf;\n"
            f"server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://web; proxy_next_upstream off; }} }} }}\n"
        )
        self._process = await asyncio.create_subprocess_exec(
            *self.command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not (self.folder / "nginx.pid").exists() or not _answers(self.port):
            assert self._process.returncode is None, (self.folder / "error.log").read_text()
            await asyncio.sleep(0.02)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()
        for runner in self._runners:
            await runner.cleanup()

    async def _serve(self, says: Callable[[], str]) -> str:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(text=says())

        app = web.Application()
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address: Any = runner.addresses[0]
        return f"127.0.0.1:{address[1]}"

    async def asked(self, times: int) -> Counter[str]:
        """How often each answer came."""
        async with aiohttp.ClientSession() as client:
            return Counter([await _ask(client, self.port) for _ in range(times)])

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator["Client"]:
        """A client that asks without end meanwhile, over a connection that it keeps and over new ones."""
        client = Client(self.port)
        tasks = [asyncio.create_task(client.go_on(keep=keep)) for keep in (True, False)]
        try:
            yield client
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class Client:
    """`answers` in their order, those that were none among them, as `error …`."""

    port: int
    answers: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        return [answer for answer in self.answers if answer.startswith("error")]

    async def go_on(self, *, keep: bool) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=not keep)) as client:
            while True:
                self.answers.append(await _ask(client, self.port))
                await asyncio.sleep(0.02)


async def _ask(client: aiohttp.ClientSession, port: int) -> str:
    try:
        async with client.get(f"http://127.0.0.1:{port}/") as answer:
            text = await answer.text()
            return text if answer.status == 200 else f"error {answer.status}"
    except aiohttp.ClientError as error:
        return f"error {error}"


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
