"""PyGithub off the event loop. Knows no endpoint."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from github import Auth, Github

from providers.base.health import Health
from providers.base.settings_named import Named
from providers.base.threads import Threads
from providers.github import payloads
from providers.github.errors import ENVIRONMENT, BadCredentials, translated
from providers.github.sign_in import ANYWHERE, Scope, SignIn

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
        sign_in: SignIn,
        timeout: int,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
        named: Named = ENVIRONMENT,
    ) -> None:
        self._sign_in = sign_in
        self._threads = Threads(
            "GitHub",
            THREADS,
            lambda: _Connection(api_url, timeout, ca_bundle),
            _Connection.close,
            partial(translated, named=named),
            now,
        )

    async def call(self, ask: Callable[[Github], T], scope: Scope) -> T:
        """Have a thread ask GitHub about that."""
        token = await self._sign_in.token(scope, self.ask)
        try:
            return await self.ask(token, ask)
        except BadCredentials:
            if not self._sign_in.forget(scope, token):
                raise
        return await self.ask(await self._sign_in.token(scope, self.ask), ask)

    @property
    def health(self) -> Health:
        return self._threads.health

    async def token(self, scope: Scope) -> str:
        """For what asks by itself, as git does."""
        return await self._sign_in.token(scope, self.ask)

    async def account(self, scope: Scope = ANYWHERE) -> payloads.User:
        """Who the bot is on GitHub."""
        return await self._sign_in.account(scope, self.ask)

    async def ask(self, token: str, ask: Callable[[Github], T]) -> T:
        """Have a thread ask GitHub with that token."""

        def asked(connection: _Connection) -> T:
            try:
                return connection.ask(token, ask)
            finally:
                self.health.left(connection.rate_left)

        return await self._threads.call(asked)

    async def close(self) -> None:
        await self._threads.close()


class _Bearer(Auth.Auth):
    """The token of the call that is being made: a connection serves many, one after the other."""

    current = ""

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self.current


class _Connection:
    """One thread's client."""

    def __init__(self, api_url: str, timeout: int, ca_bundle: str) -> None:
        self._bearer = _Bearer()
        self._github = _new_client(api_url, self._bearer, timeout, ca_bundle)

    def ask(self, token: str, ask: Callable[[Github], T]) -> T:
        self._bearer.current = token
        try:
            return ask(self._github)
        finally:
            self._bearer.current = ""

    @property
    def rate_left(self) -> int:
        """As the last answer told it; less than nothing before the first."""
        return int(self._github.requester.rate_limiting[0])

    def close(self) -> None:
        self._github.close()


def _new_client(api_url: str, auth: Auth.Auth, timeout: int, ca_bundle: str) -> Github:
    """Lazy: an object costs no GET. No retries and no pauses of its own: when to ask again is the outbox's to decide."""
    return Github(
        auth=auth,
        base_url=api_url,
        timeout=timeout,
        user_agent="penstock",
        per_page=PER_PAGE,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
        verify=ca_bundle or True,
        api_version=API_VERSION,
    )
