"""How a fake host delivers webhooks: in order, over real HTTP, each once unless it is told to. Which headers is the host's affair."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10)
"""A server that has not answered after 10 seconds has failed the delivery: so on GitHub, GitLab and Bitbucket."""


@dataclass
class SentDelivery:
    """One delivery. `answer` is the status that came back, None when nothing did. `id` and `at` are the attempt's."""

    event: str
    headers: Mapping[str, str]
    body: bytes
    answer: int | None = None
    redelivery: bool = False
    id: int = 0
    at: float = 0.0


class Deliveries:
    """One hook for everything: set `url`; without one nothing is sent. While what is there is not `reachable`, deliveries fail. `headers` makes those of an event with that body."""

    def __init__(self, headers: Callable[[str, bytes], Mapping[str, str]]) -> None:
        self.url = ""
        self.reachable = True
        self.now: Callable[[], float] = time.time
        self._ids = itertools.count(1)
        self.sent: list[SentDelivery] = []
        self._headers = headers
        self._queue: asyncio.Queue[SentDelivery] = asyncio.Queue()
        self._unanswered = 0
        self._client: aiohttp.ClientSession | None = None
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._client = aiohttp.ClientSession(timeout=TIMEOUT)
        self._worker = asyncio.create_task(self._work(self._client))

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def send(self, event: str, payload: Mapping[str, Any]) -> None:
        """Put a delivery in the queue."""
        if self.url:
            body = json.dumps(payload).encode()
            self.put(SentDelivery(event, self._headers(event, body), body))

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        """Send it once more with the same headers, as the button on GitHub's page does."""
        again = SentDelivery(delivery.event, delivery.headers, delivery.body)
        self.put(again)
        await self.settled()
        return again

    async def redeliver_failed(self) -> None:
        """Everything that has failed, once more, the oldest first."""
        failed = [delivery for delivery in self.sent if delivery.answer is None]
        self.sent = [delivery for delivery in self.sent if delivery.answer is not None]
        for delivery in failed:
            await self.redeliver(delivery)

    @property
    def idle(self) -> bool:
        """Whether every delivery has been answered or has failed."""
        return self._unanswered == 0

    async def settled(self) -> None:
        """Wait until every delivery has been answered or has failed."""
        await self._queue.join()

    def put(self, delivery: SentDelivery) -> None:
        self._unanswered += 1
        self._queue.put_nowait(delivery)

    async def _work(self, client: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            try:
                if not self.reachable:
                    raise aiohttp.ClientConnectionError("refused")
                async with client.post(self.url, data=delivery.body, headers=delivery.headers) as response:
                    delivery.answer = response.status
                    await response.read()
            except (aiohttp.ClientError, TimeoutError):
                delivery.answer = None
            delivery.id, delivery.at = next(self._ids), self.now()
            self.sent.append(delivery)
            self._unanswered -= 1
            self._queue.task_done()
