"""How the fake GitHub delivers webhooks: in order, over real HTTP, signed, each with an id; not again by itself.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries (they are not redelivered)
"""

import asyncio
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10)
"""A server that has not answered after 10 seconds has failed the delivery."""


@dataclass
class SentDelivery:
    """One delivery. `answer` is the status that came back, None when nothing did."""

    event: str
    headers: Mapping[str, str]
    body: bytes
    answer: int | None = None


class Hooks:
    """One hook for everything: set `url` and `secret`; without a URL nothing is sent."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.sent: list[SentDelivery] = []
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
            self._put(SentDelivery(event, self._headers(event, body), body))

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        """Send it once more, with the same id, as the button on the hook's page does."""
        again = SentDelivery(delivery.event, delivery.headers, delivery.body)
        self._put(again)
        await self.settled()
        return again

    @property
    def idle(self) -> bool:
        """Whether every delivery has been answered or has failed."""
        return self._unanswered == 0

    async def settled(self) -> None:
        """Wait until every delivery has been answered or has failed."""
        await self._queue.join()

    def _put(self, delivery: SentDelivery) -> None:
        self._unanswered += 1
        self._queue.put_nowait(delivery)

    async def _work(self, client: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            try:
                async with client.post(self.url, data=delivery.body, headers=delivery.headers) as response:
                    delivery.answer = response.status
                    await response.read()
            except (aiohttp.ClientError, TimeoutError):
                delivery.answer = None
            self.sent.append(delivery)
            self._unanswered -= 1
            self._queue.task_done()

    def _headers(self, event: str, body: bytes) -> dict[str, str]:
        secret = self.secret.encode()
        return {
            "User-Agent": "GitHub-Hookshot/044aadd",
            "Content-Type": "application/json",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": "292430182",
            "X-Hub-Signature": f"sha1={hmac.new(secret, body, 'sha1').hexdigest()}",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}",
        }
