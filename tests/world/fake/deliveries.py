"""How a fake host delivers webhooks: in order, over real HTTP, each once unless it is told to. Which headers is the host's affair."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10)
"""A server that has not answered after 10 seconds has failed the delivery: so on GitHub, GitLab and Bitbucket."""


@dataclass
class SentDelivery:
    """One delivery. `answer` is the status that came back, None when nothing did. `id` and `at` are the attempt's; `url` is "" where it went to the one hook."""

    event: str
    headers: Mapping[str, str]
    body: bytes
    answer: int | None = None
    redelivery: bool = False
    id: int = 0
    at: float = 0.0
    url: str = ""
    ended: bool = False


@dataclass(eq=False)
class RegisteredHook:
    """A webhook of a repository, as the API was told to have it. `more` is what only this host has of one; `sent` the oldest first;
    `owner` the repository's id, where deliveries tell it.
    """

    id: int
    url: str
    events: frozenset[str]
    secret: str
    active: bool = True
    more: dict[str, Any] = field(default_factory=dict)
    sent: list[SentDelivery] = field(default_factory=list)
    owner: str = ""


class Deliveries:
    """One hook for everything: set `url`; without one nothing is sent. While what is there is not `reachable`, deliveries fail. `headers` makes those of an event with that body.

    Beside it there are those that repositories have of their own, `registered` by what the payload calls the repository.
    """

    def __init__(self, headers: Callable[[str, bytes], Mapping[str, str]]) -> None:
        self.url = ""
        self.reachable = True
        self.now: Callable[[], float] = time.time
        self._ids = itertools.count(1)
        self.sent: list[SentDelivery] = []
        self.registered: dict[str, dict[int, RegisteredHook]] = {}
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

    def body(self, payload: Mapping[str, Any]) -> bytes:
        return json.dumps(payload).encode()

    def send(self, event: str, payload: Mapping[str, Any]) -> None:
        """Put a delivery in the queue, one for each hook that tells of such an event."""
        body = self.body(payload)
        if self.url:
            self.put(SentDelivery(event, self._headers(event, body), body))
        for hook in self.registered.get(self.repository_of(payload), {}).values():
            if hook.active and self.tells(hook, event):
                self.send_to(hook, event, body)

    def send_to(self, hook: RegisteredHook, event: str, body: bytes) -> SentDelivery:
        """Whatever the hook tells of."""
        delivery = SentDelivery(event, self.headers_of(hook, event, body), body, url=hook.url)
        hook.sent.append(delivery)
        self.put(delivery)
        return delivery

    def repository_of(self, payload: Mapping[str, Any]) -> str:
        """By what the repository's own hooks are `registered`."""
        return str((payload.get("repository") or {}).get("id", ""))

    def tells(self, hook: RegisteredHook, event: str) -> bool:
        return event in hook.events

    def headers_of(self, hook: RegisteredHook, event: str, body: bytes) -> Mapping[str, str]:
        raise NotImplementedError

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        """Send it once more with the same headers, as the button on GitHub's page does."""
        again = SentDelivery(delivery.event, delivery.headers, delivery.body, url=delivery.url)
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
                url = delivery.url or self.url
                if not self.reachable:
                    raise aiohttp.ClientConnectionError("refused")
                async with client.post(url, data=delivery.body, headers=delivery.headers) as response:
                    delivery.answer = response.status
                    await response.read()
            except (aiohttp.ClientError, TimeoutError):
                delivery.answer = None
            delivery.id, delivery.at = next(self._ids), self.now()
            delivery.ended = True
            self.sent.append(delivery)
            self._unanswered -= 1
            self._queue.task_done()
