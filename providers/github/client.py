"""PyGithub off the event loop: threads, connections, and one pause for all while GitHub limits our rate. Knows no endpoint.

One client a thread, because PyGithub keeps the request that it is about to send on its connection object: two threads
that share a client send each other's requests. Each client keeps its connection alive between calls.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TypeVar

from github import Auth, Github

from bot.ports import HostRefused
from providers.github.errors import RateLimited, translated

T = TypeVar("T")

THREADS = 4
"""Calls at once. GitHub asks for few (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api)."""

API_VERSION = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""


class GitHubClient:
    """Asks one GitHub. Every error comes out as one of the ports'."""

    def __init__(self, api_url: str, token: str, timeout: int) -> None:
        self._api_url = api_url
        self._token = token
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="github")
        self._own = local()
        self._clients: list[Github] = []
        self._limited_until = 0.0

    async def call(self, ask: Callable[[Github], T]) -> T:
        """Have a thread ask GitHub. While our rate is limited nothing is sent: asking on makes a limit last longer."""
        if not self._token:
            raise HostRefused("No token is configured for GitHub: set PENSTOCK_GITHUB_TOKEN")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, ask)

    async def close(self) -> None:
        """Let what is under way end, then close every connection."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for client in self._clients:
            client.close()

    def _ask(self, ask: Callable[[Github], T]) -> T:
        wait = self._limited_until - time.monotonic()
        if wait > 0:
            raise RateLimited(f"GitHub limits our rate; it may be asked again in {wait:.0f} s", wait)
        try:
            return ask(self._client())
        except Exception as error:
            told = translated(error, time.time())
            if told is None:
                raise
            if isinstance(told, RateLimited):
                self._limited_until = time.monotonic() + told.retry_after
            raise told from None  # The original holds the whole answer; the port's error says what matters.

    def _client(self) -> Github:
        client: Github | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._new_client()
            self._clients.append(client)
        return client

    def _new_client(self) -> Github:
        """Lazy: an object costs no GET. No retries and no pauses of its own: when to ask again is the outbox's to decide."""
        return Github(
            auth=Auth.Token(self._token),
            base_url=self._api_url,
            timeout=self._timeout,
            user_agent="penstock",
            per_page=100,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
