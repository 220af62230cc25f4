"""A bot that runs beside a test in its process, with the embedded host and one execution, for the commands that ask it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cli.server import Server
from bot.model.people import Role
from bot.ports import ExecutionFilter, Store
from bot.runtime.changes import Changes
from bot.settings import load
from tests.cli.shell import git
from tests.world.patience import PATIENCE

HOSTILE = "Begin [/b] \x1b[31mred"

PIPELINE = """\
name: web
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions:
      - {name: unit, run: "echo begun; cat '%s'; echo over"}
      - {name: lint, run: "echo bad; exit 3"}
"""


@dataclass
class Running:
    """A bot with one execution, of a pipeline whose `unit` waits for somebody to write to `gate`."""

    url: str
    execution: str
    commit: str
    gate: Path
    store: Store
    changes: Changes

    async def open(self, words: str) -> None:
        """Returns when `unit` reads the words."""
        await asyncio.to_thread(self.gate.write_text, words)


@asynccontextmanager
async def bot(folder: Path, pipeline: str = PIPELINE, **settings: object) -> AsyncIterator[Running]:
    chosen = load(port=0, data_dir=folder / "data", grace_period=1, **settings)
    gate = folder / "gate"
    os.mkfifo(gate)
    async with Server(chosen) as server:
        host, running = server.composed.host, server.composed.bot
        assert host is not None
        token = await host.add_user("ada")
        await host.create_repository("ada/web", members={"ada": Role.ADMIN})
        with running.changes.listen() as listener:
            remote = host.clone_url("ada/web").replace("//", f"//ada:{token}@")
            commit = await asyncio.to_thread(pushed, folder / "clone", remote, pipeline.replace("%s", str(gate)))
            async with asyncio.timeout(PATIENCE):
                while not (found := await running.store.executions(ExecutionFilter(), 1)):
                    await listener.changed()
        yield Running(server.url, found[0].id, commit, gate, running.store, running.changes)


def pushed(clone: Path, remote: str, pipeline: str) -> str:
    """The commit's id."""
    clone.mkdir()
    (clone / ".pipeline.yml").write_text(pipeline)
    git(clone, "init", "--quiet", "--initial-branch=main")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", HOSTILE)
    git(clone, "push", "--quiet", remote, "main")
    return git(clone, "rev-parse", "HEAD").strip()
