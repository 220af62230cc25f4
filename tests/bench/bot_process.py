"""A real `penstock serve` for benchmarks: its own process, its own data folder, a free port."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Self

import aiohttp

SECRET = "bench-secret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processor_seconds(process: int) -> float:
    """What a process has had of the processor so far, all its threads and the system's work for it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class BotProcess:
    """An async context: inside it the bot is ready. `start_seconds`: from the start to ready."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        self._process: asyncio.subprocess.Process
        self.start_seconds = 0.0

    async def __aenter__(self) -> Self:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PENSTOCK_PORT": str(self.port),
            "PENSTOCK_DATA_DIR": str(self.folder / "data"),
            "PENSTOCK_GITHUB_WEBHOOK_SECRET": SECRET,
            "PENSTOCK_LOG_LEVEL": "warning",
            **{f"PENSTOCK_{name}": value for name, value in self._settings.items()},
        }
        began = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "serve", env=env)
        async with aiohttp.ClientSession() as client:
            await self._ready(client)
        self.start_seconds = time.perf_counter() - began
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _ready(self, client: aiohttp.ClientSession) -> None:
        while True:
            if self._process.returncode is not None:
                raise RuntimeError(f"the bot ended with {self._process.returncode}")
            try:
                async with client.get(f"{self.url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def memory(self) -> int:
        """Resident bytes now."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024

    @property
    def peak_memory(self) -> int:
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0]) * 1024
