"""What a site is made of besides its store: a host of which pages use little, time that can be moved, and logs that grow when a test says so."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping

from bot.model.delivery import Delivery
from bot.model.host_event import Thread
from bot.model.repository import Repository
from bot.ports import HostLimits, LogChunk, NotADelivery, SignatureMissing, SignatureWrong

SECRET = b"sesame"


class WallClock:
    """Time as it is, moved by `offset`."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset


class FakeHost:
    """The parts of a provider that the web uses."""

    name = "fake"
    limits = HostLimits(description=140, comment=65536, reactions=True, folding=True)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        given = headers.get("X-Signature")
        if given is None:
            raise SignatureMissing("There is no signature.")
        if not hmac.compare_digest(given, signature(body)):
            raise SignatureWrong("The signature is not ours.")

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        if "X-Delivery" not in headers:
            raise NotADelivery("There is no X-Delivery header.")
        return Delivery(self.name, headers["X-Delivery"], {}, body, received_at)

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        base = f"https://host.example/{repository.full_name}"
        if thread:
            return f"{base}/pull/{thread.name}"
        return f"{base}/commit/{commit}" if commit else base


def signature(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class MemoryLogs:
    """Logs that grow when the test says so."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.gaps: dict[str, tuple[int, int]] = {}
        self.complete: set[str] = set()
        self._changed = asyncio.Condition()

    async def write(self, key: str, data: bytes, *, complete: bool = False) -> None:
        async with self._changed:
            self.data[key] = self.data.get(key, b"") + data
            if complete:
                self.complete.add(key)
            self._changed.notify_all()

    async def read(self, key: str, offset: int = 0, limit: int = 1 << 20) -> LogChunk | None:
        if key not in self.data:
            return None
        start, end = self.gaps.get(key, (0, 0))
        dropped = end - offset if start <= offset < end else 0
        offset += dropped
        stop = offset + limit if offset >= end else min(offset + limit, start)
        data = self.data[key][offset:stop]
        reached = offset + len(data)
        return LogChunk(data, offset, reached, key in self.complete and reached >= len(self.data[key]), dropped)

    async def remove(self, prefix: str) -> None:
        raise NotImplementedError(prefix)  # pages remove nothing

    async def tail(self, key: str, lines: int) -> str:
        return "\n".join(self.data.get(key, b"").decode().splitlines()[-lines:])

    async def follow(self, key: str, offset: int = 0) -> AsyncIterator[LogChunk]:
        while True:
            chunk = await self.read(key, offset)
            assert chunk is not None
            if chunk.data or chunk.complete:
                yield chunk
            if chunk.complete:
                return
            offset = chunk.next_offset
            async with self._changed:
                while len(self.data[key]) <= offset and key not in self.complete:
                    await self._changed.wait()
