"""Writing many files at once, with a line of how far it is now and then."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.actions.deploying.objects.bucket import Bucket, Put
from bot.actions.deploying.objects.naming import content_type

AT_ONCE = 12
"""Files on their way at once: enough to hide each one's way there and back, few enough for flat memory."""
PACE = 5.0
"""Seconds between two lines that tell how far it is."""


def headers_for(key: str, cache_control: str) -> dict[str, str]:
    return {"Content-Type": content_type(key), **({"Cache-Control": cache_control} if cache_control else {})}


class Writing:
    """One deployment's writing: `files` by key, `put` what was written so far. `line` takes a line for the log."""

    def __init__(
        self, bucket: Bucket, files: Mapping[str, Path], cache_control: str, of: int, line: Callable[[str], None]
    ) -> None:
        self.put: dict[str, Put] = {}
        self._bucket = bucket
        self._files = files
        self._cache_control = cache_control
        self._of = of
        self._line = line
        self._bytes = 0
        self._told = asyncio.get_running_loop().time()

    async def write(self, keys: Sequence[str]) -> None:
        """Returns when all are there. Raises BucketRefused, HostUnavailable: then none is on its way any more."""
        left = iter(keys)
        workers = [asyncio.create_task(self._work(left)) for _ in range(min(AT_ONCE, len(keys)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, left: Iterator[str]) -> None:
        for key in left:
            file = self._files[key]
            self.put[key] = await self._bucket.put(key, file, headers_for(key, self._cache_control))
            self._bytes += file.stat().st_size
            self._tell()

    def _tell(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= PACE:
            self._told = now
            self._line(f"{len(self.put):,} of {self._of:,} files written, {self._bytes / 1e6:,.1f} MB")
