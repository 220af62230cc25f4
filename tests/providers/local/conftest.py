"""One listening host a test, with a repository `acme/web` that ada writes to, eve reads and mallory may not see."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.people import Role
from tests.world.local_host import Clone, ListeningHost, listening_host

WEB = "acme/web"


@dataclass
class Web:
    """The repository `acme/web`: who is there, with their tokens, and ada's clone."""

    listening: ListeningHost
    tokens: dict[str, str]
    ada: Clone

    async def clone(self, login: str, *options: str) -> Clone:
        return await self.listening.clone(WEB, login, self.tokens[login], *options)

    async def settled(self) -> list[tuple[str, bytes]]:
        """Event and body of every delivery since last asked."""
        await self.listening.host.sender.settled()
        taken, self.listening.receiver.taken = self.listening.receiver.taken, []
        return [(headers["X-Penstock-Event"], body) for headers, body in taken]


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of a host with `acme/web` in it and ada's clone beside it, made once and then copied."""
    folder = tmp_path_factory.mktemp("begun")
    return folder, asyncio.run(_begin(folder))


async def _begin(folder: Path) -> dict[str, str]:
    async with listening_host(folder) as listening:
        host = listening.host
        tokens = {login: await host.add_user(login) for login in ("ada", "eve", "mallory")}
        await host.create_repository(WEB, members={"ada": Role.WRITE, "eve": Role.READ})
        await listening.seeded(WEB, "ada", tokens["ada"])
        await host.sender.settled()
        return tokens


@pytest.fixture
async def web(begun: tuple[Path, dict[str, str]], tmp_path: Path) -> AsyncIterator[Web]:
    folder, tokens = begun
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    async with listening_host(tmp_path) as listening:
        yield Web(listening, tokens, listening.adopt("clone-1", WEB, "ada", tokens["ada"]))
