"""The embedded host really listening on loopback, with real `git` as its client and a receiver that keeps its deliveries."""

import asyncio
import base64
import os
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from providers.local.host.host import Host

SECRET = "the embedded host's secret"


class WallClock:
    """Time for tests that need none in particular; wind it by hand where they do."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.at = now

    def now(self) -> float:
        return self.at


@dataclass
class Receiver:
    """A webhook endpoint that keeps what comes; `answers` are the statuses of the next answers, then 202."""

    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    when_taken: Callable[[], None] = lambda: None

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append(request.headers["X-Penstock-Delivery"])
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.taken.append((dict(request.headers), body))
            self.when_taken()
        return web.Response(status=status)


class GitFailure(Exception):
    """The client's git failed; the text is all it printed."""


@dataclass
class Clone:
    """A work tree of somebody's, and what git printed last."""

    path: Path
    environment: Mapping[str, str]

    async def git(self, *arguments: str) -> str:
        return await run_git("-C", str(self.path), *arguments, env=self.environment)

    async def commit(self, files: Mapping[str, str], message: str = "Change files") -> str:
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(content)
        await self.git("add", "--all")
        await self.git("commit", "--quiet", "--message", message)
        return (await self.git("rev-parse", "HEAD")).strip()


async def run_git(*arguments: str, env: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec("git", *arguments, stdout=PIPE, stderr=STDOUT, env=env)
    output, _ = await process.communicate()
    text = output.decode("utf-8", "replace")
    if process.returncode:
        raise GitFailure(text)
    return text


async def push(clone: Path, url: str, refspec: str, login: str, token: str, env: Mapping[str, str]) -> None:
    """The token is sent at once, which saves being asked for it; through the environment, as no argument."""
    signed_in = base64.b64encode(f"{login}:{token}".encode()).decode()
    environment = {
        **env,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {signed_in}",
    }
    await run_git(f"--git-dir={clone}", "push", "--quiet", url, refspec, env=environment)


class ListeningHost:
    """The host, where it listens, its receiver, and clones as people make them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = WallClock()
        self.receiver = Receiver()
        self.url = ""
        self._clones = len(list(folder.glob("clone-*")))
        self._ask = folder / "ask-password"
        self._ask.write_text('#!/bin/sh\nprintf "%s" "$TOKEN"\n')
        self._ask.chmod(0o700)

    async def __aenter__(self) -> Self:
        self.host = Host(self.folder / "data", self.clock, SECRET)
        await self.host.start()
        app = web.Application()
        self.host.add_routes(app)
        app.router.add_post("/webhooks/local", self.receiver.take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        await self.host.deliver(f"{self.url}/webhooks/local", self.url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self.host.close()

    def environment(self, login: str, token: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": str(self._ask),
            "TOKEN": token,
            "GIT_AUTHOR_NAME": login,
            "GIT_AUTHOR_EMAIL": f"{login}@example.test",
            "GIT_COMMITTER_NAME": login,
            "GIT_COMMITTER_EMAIL": f"{login}@example.test",
            "LC_ALL": "C.UTF-8",
        }

    def address(self, full_name: str, login: str = "") -> str:
        url = self.host.clone_url(full_name)
        return url.replace("http://", f"http://{login}@") if login else url

    async def clone(self, full_name: str, login: str, token: str, *options: str) -> Clone:
        self._clones += 1
        path = self.folder / f"clone-{self._clones}"
        environment = self.environment(login, token)
        await run_git("clone", "--quiet", *options, self.address(full_name, login), str(path), env=environment)
        return Clone(path, environment)

    def adopt(self, name: str, full_name: str, login: str, token: str) -> Clone:
        """A clone that was copied here with the host's data: it knows another port."""
        path = self.folder / name
        lines = (path / ".git/config").read_text().splitlines()
        url = f"\turl = {self.address(full_name, login)}"
        (path / ".git/config").write_text("\n".join(url if "url = " in line else line for line in lines) + "\n")
        return Clone(path, self.environment(login, token))

    async def seeded(self, full_name: str, login: str, token: str) -> Clone:
        """A clone of a repository that is new, with one commit pushed to main."""
        clone = await self.clone(full_name, login, token)
        await clone.git("checkout", "--quiet", "-B", "main")
        await clone.commit({"README.md": "hello\n"}, "Begin")
        await clone.git("push", "--quiet", "origin", "main")
        return clone


@asynccontextmanager
async def listening_host(folder: Path) -> AsyncIterator[ListeningHost]:
    async with ListeningHost(folder) as listening:
        yield listening
