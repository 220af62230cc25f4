"""How much room on disk the bot's data takes, measured in a thread every few minutes. Making room is `upkeep`'s."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from bot.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

EVERY = 600.0
"""Seconds between two measurements: going through a year's logs takes a second."""


class Disk:
    """Runs beside the loops. `places` are files and folders, by what they hold; published as `penstock_<what>_bytes`."""

    def __init__(self, places: Mapping[str, Sequence[Path]], metrics: Metrics) -> None:
        self._places = places
        self._measured = dict.fromkeys(places, 0)
        self._task: asyncio.Task[None] | None = None
        for what in places:
            self._publish(metrics, what)

    def start(self) -> None:
        if self._places:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def once(self) -> None:
        """Measure now."""
        for what, paths in self._places.items():
            self._measured[what] = await asyncio.to_thread(_all, paths)

    def _publish(self, metrics: Metrics, what: str) -> None:
        meaning = f"Bytes on disk of the {what}, as measured within the last ten minutes."
        metrics.watch(f"{what}_bytes", meaning, lambda: self._measured[what])

    async def _run(self) -> None:
        while True:
            try:
                await self.once()
            except Exception:
                log.exception("the data's size could not be measured")
            await asyncio.sleep(EVERY)


def size(path: Path) -> int:
    """Bytes of the file, or of all files below the folder; what is gone, or goes meanwhile, counts for nothing."""
    if not path.is_dir():
        return _bytes(path)
    return sum(_bytes(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)


def _all(paths: Sequence[Path]) -> int:
    return sum(map(size, paths))


def _bytes(file: Path) -> int:
    try:
        found = file.lstat()
    except OSError:
        return 0
    return found.st_blocks * 512  # what it takes, not what it says: mirrors and logs have small files
