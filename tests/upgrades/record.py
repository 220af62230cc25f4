"""Record what this version leaves behind when it is killed in the middle of its work: `python -m tests.upgrades.record`.

The state is kept under its version for ever, and `test_upgrades` proves that every later version carries on with it. Record one
with each release; a state that is there already is never recorded anew.
"""

import asyncio
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

from bot import journal
from bot.core.events import HoldRequested
from bot.stores.sql import SqlStore
from tests.world.host_local import LocalHost
from tests.world.repo import Repo
from tests.world.world import World

STATES = Path(__file__).parent / "states"

KEPT = ("penstock.db", "data/host/host.db")
REPOSITORIES = "data/host/repositories"


async def live_until_killed(folder: Path) -> None:
    """Everything that can be under way, each in its own pull request, and main held before prod."""
    async with AsyncExitStack() as stack:
        store = await SqlStore.open(f"sqlite:///{folder / 'penstock.db'}")
        stack.push_async_callback(store.close)
        world = await stack.enter_async_context(World(LocalHost(), store, folder))
        repo = await world.repo("build: unit+lint -> staging -> prod: go-live! > roll-out", approve={"count": 2})
        await _waits_for_a_second_approval(world, repo)
        await _can_be_retried(repo)
        await _runs(repo)
        await _is_held(world, repo)
        copy = folder / "copy"
        for name in KEPT:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(folder / name) as database:
                database.execute("VACUUM INTO ?", (str(copy / name),))
            database.close()
        shutil.copytree(folder / REPOSITORIES, copy / REPOSITORIES)


async def _waits_for_a_second_approval(world: World, repo: Repo) -> None:
    pull_request = await repo.open_pull_request("Wait for two", branch="waits")
    await pull_request.comment("/approve looks good", by=world.ben)


async def _can_be_retried(repo: Repo) -> None:
    repo.action("unit").fails(log="1 failed\n")
    await repo.open_pull_request("Fail at first", branch="failed")


async def _runs(repo: Repo) -> None:
    repo.action("staging").held()
    await repo.open_pull_request("Run for long", branch="runs")


async def _is_held(world: World, repo: Repo) -> None:
    """One execution ended, a newer one waits at a closed transition."""
    done = await repo.push("The first")
    for by in (world.ada, world.ben):
        await done.comment("/approve", by=by)
    lane = (await repo.executions())[-1].lane
    await world.bot.engine.tell(lane, HoldRequested("hold-1", world.clock.now(), world.ada, "prod", "Friday"))
    await repo.push("The second")


def pack(folder: Path, file: Path) -> None:
    """Samples of hooks, and what else Git makes anew, stay out."""
    with tarfile.open(file, "w:xz") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.endswith(".sample"):
                info = tarfile.TarInfo(str(path.relative_to(folder)))
                info.size = path.stat().st_size
                with path.open("rb") as data:
                    archive.addfile(info, data)


def unpack(file: Path, folder: Path) -> None:
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    for repository in (folder / REPOSITORIES).iterdir():
        for empty in ("refs/heads", "refs/tags", "objects/pack"):  # Git wants them, and an archive of files has none
            (repository / empty).mkdir(parents=True, exist_ok=True)


def main() -> None:
    journal.configure("warning", "console")
    file = STATES / f"{version('penstock')}.tar.xz"
    if file.exists():
        raise SystemExit(f"{file.name} is recorded already.")
    STATES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_until_killed(Path(folder)))
        pack(Path(folder) / "copy", file)


if __name__ == "__main__":
    main()
