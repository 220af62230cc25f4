"""Pushes to a GitHub on loopback, prepared beforehand; and when which status arrives there."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.bot_process import SECRET
from tests.bench.load import signed
from tests.world.fake.answers import Answer
from tests.world.github.api import Call
from tests.world.github.endpoints_commits import Commits
from tests.world.github.nouns import Repository
from tests.world.github.server import FakeGitHub

PIPELINE = """
name: web
triggers: {push: {branches: ["**"]}}
stages:
  - {name: one, actions: [{name: a, run: "true"}]}
  - {name: two, actions: [{name: b, run: "true"}]}
  - {name: three, actions: [{name: c, run: "true"}]}
"""

WAITING = """
name: web
triggers: {push: {branches: ["**"]}}
stages:
  - {name: gate, actions: [{name: go, approve: {}}]}
"""


@dataclass(frozen=True)
class Push:
    commit: str
    body: bytes


class Arrivals:
    """The moments at which final statuses of the pipeline arrived, by commit. Made before the GitHub that it listens to."""

    def __init__(self) -> None:
        self._arrived: dict[str, asyncio.Future[float]] = {}
        create = Commits.create_status

        async def timed(commits: Commits, call: Call) -> Answer:
            if call.body.get("context") == "penstock/web" and call.body.get("state") in ("success", "failure"):
                arrived = self.of(call.part("sha"))
                if not arrived.done():
                    arrived.set_result(time.perf_counter())
            return await create(commits, call)

        Commits.create_status = timed  # type: ignore[method-assign, assignment]

    def of(self, commit: str) -> "asyncio.Future[float]":
        if commit not in self._arrived:
            self._arrived[commit] = asyncio.get_running_loop().create_future()
        return self._arrived[commit]


class PreparedPushes:
    """A repository, and pushes to it whose webhooks are kept to be sent when it is time."""

    def __init__(self, github: FakeGitHub, repository: Repository) -> None:
        self._github = github
        self.repository = repository
        self._kept: list[bytes] = []
        github.hooks.url = "kept"
        github.hooks.secret = SECRET
        github.hooks.send = self._keep  # type: ignore[method-assign]

    @classmethod
    async def make(cls, github: FakeGitHub, pipeline: str) -> "PreparedPushes":
        prepared = cls(github, await github.repository("acme/web", private=True))
        ada = github.user("ada")
        files = {f"src/file{number}.txt": f"{number}\n" * 20 for number in range(20)}
        await github.push(
            prepared.repository, "main", {".pipeline.yml": pipeline, "README.md": "# Web\n", **files}, "Begin", ada
        )
        return prepared

    async def push(self, branch: str, number: int) -> Push:
        self._kept.clear()
        commit = await self._github.push(
            self.repository, branch, {"number.txt": f"{number}\n"}, f"Change {number}", self._github.user("ada")
        )
        return Push(commit, self._kept[-1])

    def clone_url(self, token: str) -> str:
        return f"{self._github.url}/acme/web.git".replace("http://", f"http://x-access-token:{token}@")

    def _keep(self, event: str, payload: Mapping[str, Any]) -> None:
        if event == "push":
            self._kept.append(json.dumps(payload).encode())


async def post(url: str, push: Push) -> None:
    """Deliver the push's webhook, and wait for its 202."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(signed(url, "push", push.body))
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    if not head.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"answered {head.splitlines()[0].decode()}")


def folder_of(base: Path, name: str) -> Path:
    folder = base / name
    folder.mkdir(parents=True)
    return folder
