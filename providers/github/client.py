"""PyGithub off the event loop. Knows no endpoint."""

import time
from collections.abc import Callable
from typing import TypeVar

from github import Auth, Github

from bot.ports import HostRefused
from providers.base.threads import Threads
from providers.github.errors import translated

T = TypeVar("T")

THREADS = 4
"""Calls at once. GitHub asks for few (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api)."""

PER_PAGE = 100
"""The most that there are: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

API_VERSION = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""


class GitHubClient:
    """Asks one GitHub. Every error comes out as one of the ports'."""

    def __init__(
        self,
        api_url: str,
        token: str,
        timeout: int,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_url = api_url
        self._token = token
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._threads = Threads("GitHub", THREADS, self._new_client, Github.close, translated, now)

    async def call(self, ask: Callable[[Github], T]) -> T:
        """Have a thread ask GitHub."""
        if not self._token:
            raise HostRefused("No token is configured for GitHub: set PENSTOCK_GITHUB_TOKEN")
        return await self._threads.call(ask)

    async def close(self) -> None:
        await self._threads.close()

    def _new_client(self) -> Github:
        """Lazy: an object costs no GET. No retries and no pauses of its own: when to ask again is the outbox's to decide."""
        return Github(
            auth=Auth.Token(self._token),
            base_url=self._api_url,
            timeout=self._timeout,
            user_agent="penstock",
            per_page=PER_PAGE,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            verify=self._ca_bundle or True,
            api_version=API_VERSION,
        )
