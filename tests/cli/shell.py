"""Running `penstock` as a process: to its end, or watched line by line, with or without a terminal."""

import asyncio
import os
import pty
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.world import forked
from tests.world.forked import Forked
from tests.world.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str = ""


def git(folder: Path, *words: str) -> str:
    """Git as this test's person runs it, whatever the machine's settings are."""
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **identity}
    done = subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout


async def from_nothing(*words: str, **how: Any) -> Process:
    """A process that loads all it needs, as a person's does."""
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", *words, **how)


class Program:
    """`start` is `from_nothing` where the start itself is looked at, or memory, or a bot that was changed."""

    def __init__(self, folder: Path, start: Callable[..., Awaitable[Process | Forked]] = forked.start) -> None:
        self._folder = folder
        self._start = start

    async def __call__(self, *words: str, given: str | None = None, **env: str) -> Ended:
        """Run to the end, without a terminal; `given` is what there is to read."""
        async with self.started(*words, stdin=DEVNULL if given is None else PIPE, stdout=PIPE, **env) as process:
            sent = given.encode() if given is not None else None
            out, err = await asyncio.wait_for(process.communicate(sent), PATIENCE)
            assert process.returncode is not None
            return Ended(process.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def started(
        self, *words: str, stdin: int = DEVNULL, stdout: int = PIPE, **env: str
    ) -> AsyncIterator[Process | Forked]:
        process = await self._start(
            *words, cwd=self._folder, env=_environment(env), stdin=stdin, stdout=stdout, stderr=PIPE
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    @asynccontextmanager
    async def on_a_terminal(self, *words: str, **env: str) -> AsyncIterator["Terminal"]:
        ours, theirs = pty.openpty()
        try:
            process = await self._start(
                *words, cwd=self._folder, env=_environment({"TERM": "xterm", **env}),
                stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(theirs)
        terminal = Terminal(process, ours)
        try:
            yield terminal
        finally:
            await terminal.close()


class Terminal:
    """What a person sees on a terminal, and types there."""

    def __init__(self, process: Process | Forked, descriptor: int) -> None:
        self.process = process
        self.seen = ""
        self._descriptor = descriptor
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    async def sees(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while text not in self.seen:
                self._news.clear()
                await self._news.wait()

    def types(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        os.close(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self.seen += data.decode(errors="replace")
        self._news.set()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Coloured output would hide the words that are looked for."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "GIT_CONFIG_NOSYSTEM") if name in os.environ}
    source = str(Path(__file__).parents[2])
    return {**kept, "LANG": "C.UTF-8", "NO_COLOR": "1", "PYTHONPATH": source, "PYTHONUNBUFFERED": "1", **more}
