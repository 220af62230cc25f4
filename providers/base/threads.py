"""Client libraries that block, off the event loop: a few threads with one client each. Knows no host.

One client a thread, because neither PyGithub's nor requests' connections are made to be shared by threads. Each client
keeps its connection alive between calls.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Generic, TypeVar

from bot.ports import ProviderError
from providers.base.breaker import Breaker
from providers.base.health import Health

C = TypeVar("C")
T = TypeVar("T")


class Threads(Generic[C]):
    """Asks one host. `make` makes a client, `close` closes one, and `translate` says an exception as one of the ports' errors
    (None: it is our own failure). `host` is its name in words; at most `count` calls are under way at once. `now`: see `Breaker`.
    """

    def __init__(
        self,
        host: str,
        count: int,
        make: Callable[[], C],
        close: Callable[[C], None],
        translate: Callable[[Exception, C | None, float], ProviderError | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._close = close
        self._translate = translate
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=host.lower())
        self._own = local()
        self._clients: list[C] = []
        self._breaker = Breaker(host, now)
        self._places = asyncio.Semaphore(count)

    @property
    def health(self) -> Health:
        return self._breaker.health

    async def call(self, ask: Callable[[C], T]) -> T:
        """Have a thread ask the host. Every error comes out as one of the ports'; nothing is sent while the host is left alone."""
        async with self._places, self._breaker.passage():
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, ask)

    async def close(self) -> None:
        """Let what is under way end, then close every connection."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        for client in self._clients:
            self._close(client)

    def _ask(self, ask: Callable[[C], T]) -> T:
        client = self._client()
        try:
            return ask(client)
        except Exception as error:
            told = self._translate(error, client, time.time())
            if told is None:
                raise
            raise told from None  # The original may hold a whole answer; the port's error says what matters.

    def _client(self) -> C:
        client: C | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._make()
            self._clients.append(client)
        return client
