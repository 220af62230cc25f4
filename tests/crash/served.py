"""`penstock serve` as a process, the people who push to its embedded host, and what it may not leave behind."""

import asyncio
import base64
import hashlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from bot.composition.bot import embedded_host
from bot.executors.spawn import MARKER
from bot.model.people import Role
from bot.settings import load
from tests.world import forked
from tests.world.forked import Forked
from tests.world.local_host import Clone, GitFailure, run_git
from tests.world.patience import PATIENCE

ROOT = Path(__file__).parents[2]
WEB = "acme/web"
LOOK_EVERY = 0.02


class Served:
    """One data folder, and one bot after another on it. `lines` are what they have logged."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.url = ""
        self.lines: list[dict[str, Any]] = []
        self._said = asyncio.Event()
        self._token = ""
        self._process: Forked
        self._reading: asyncio.Task[None]
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "PENSTOCK_DATA_DIR": str(self.data),
            "PENSTOCK_PORT": "0",
            "PENSTOCK_LOG_FORMAT": "json",
            **{f"PENSTOCK_{name.upper()}": value for name, value in settings.items()},
        }

    # --- the bot ---

    async def start(self) -> None:
        before = len(self.lines)
        self._process = await self._penstock("serve")
        self._reading = asyncio.create_task(self._read(self._process))
        await self.says("listening", before)
        self.url = next(line["url"] for line in self.lines[before:] if line["event"] == "listening")

    async def says(self, event: str, since: int = 0) -> None:
        while not any(line.get("event") == event for line in self.lines[since:]):
            assert not self._reading.done(), self.lines
            self._said.clear()
            await self._said.wait()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, within: float = PATIENCE) -> int:
        async with asyncio.timeout(within):
            await self._reading
            return await self._process.wait()

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def end(self) -> None:
        """For the end of a test, however it went."""
        if hasattr(self, "_process") and self._process.returncode is None:
            self._process.kill()
        if hasattr(self, "_reading"):
            await self._reading
            await self._process.wait()

    async def type(self, *words: str) -> tuple[int, str, str]:
        """Another command of Penstock's, with the same settings: its status, its output, its complaints."""
        process = await self._penstock(*words, stdout=PIPE)
        output, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()

    # --- people ---

    async def settle_in(self) -> Clone:
        """ada, her repository, and her clone of it with one commit that is still to be pushed."""
        async with self.host() as host:
            self._token = await host.add_user("ada")
            await host.create_repository(WEB, members={"ada": Role.ADMIN})
        clone = Clone(self.folder / "clone", self._as_ada())
        await run_git("init", "--quiet", "--initial-branch=main", str(clone.path), env=clone.environment)
        await clone.commit({"README.md": "hello\n"}, "Begin")
        return clone

    def host(self) -> Any:
        """The embedded host's data, from beside the bot."""
        settings = load(_env_file=None, data_dir=self.data)
        return embedded_host(settings, self.url)

    async def push(self, clone: Clone, *refs: str, options: tuple[str, ...] = ()) -> bool:
        """Whether the host has said that it took it."""
        wanted = [word for option in options for word in ("-o", option)]
        try:
            await clone.git("push", "--quiet", *wanted, f"{self.url}/git/{WEB}.git", *refs)
        except GitFailure:
            return False
        return True

    # --- what there is to see ---

    async def executions(self, **which: str) -> list[dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self.url}/api/executions", params={"limit": "100", **which}) as answer,
        ):
            found: list[dict[str, Any]] = (await answer.json())["executions"]
            return found

    async def until(
        self, enough: Callable[[list[dict[str, Any]]], bool], within: float = PATIENCE
    ) -> list[dict[str, Any]]:
        """The executions, once they are as wished. They are looked at as a person would, who can't be told."""
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(within):
                while not enough(found := await self.executions()):  # noqa: ASYNC110  as above
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise AssertionError(f"it never came to that: {[told(one) for one in found]}") from None
        return found

    def left(self) -> list[str]:
        """Processes of this folder's jobs, and of what watches over them."""
        marker = hashlib.sha256(os.fsencode(self.data / "jobs")).hexdigest()[:16]
        wanted = os.fsencode(f"{MARKER}={marker}")
        return [f"{entry.name} {_words(entry)}" for entry in Path("/proc").iterdir() if _carries(entry, wanted)]

    async def nothing_left(self, within: float = PATIENCE) -> None:
        """The kernel tells nobody that a stranger's process has ended, so it is looked for."""
        try:
            async with asyncio.timeout(within):
                while self.left():  # noqa: ASYNC110  as above
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise AssertionError(f"left behind: {self.left()}") from None

    # --- how ---

    async def _penstock(self, *words: str, stdout: int = DEVNULL) -> Forked:
        return await forked.start(*words, cwd=self.folder, env=self._environment, stdout=stdout, stderr=PIPE)

    async def _read(self, process: Forked) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.lines.append({"event": line.decode(errors="replace").rstrip()})
            self._said.set()
        self._said.set()

    def _as_ada(self) -> dict[str, str]:
        """The token is sent at once; through the environment, as no argument."""
        signed_in = base64.b64encode(f"ada:{self._token}".encode()).decode()
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {signed_in}",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _ADA.items()},
            "LC_ALL": "C.UTF-8",
        }


_ADA = {"NAME": "ada", "EMAIL": "ada@example.test"}


def told(execution: dict[str, Any]) -> str:
    actions = (action for stage in execution["stages"] for action in stage["actions"])
    return f"{execution['status']}: " + ", ".join(f"{action['name']} {action['status']}" for action in actions)


def all_ended(executions: list[dict[str, Any]]) -> bool:
    return bool(executions) and all(one["ended_at"] is not None for one in executions)


def _carries(entry: Path, wanted: bytes) -> bool:
    if not entry.name.isdigit():
        return False
    try:
        environment = (entry / "environ").read_bytes()
    except OSError:
        return False
    return any(each.startswith(wanted) for each in environment.split(b"\0"))


def _words(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
