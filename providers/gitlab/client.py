"""python-gitlab off the event loop: connections, and answers checked against what they should be. Knows no endpoint.

https://docs.gitlab.com/api/rest/
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import requests
from gitlab import Gitlab
from pydantic import TypeAdapter

from bot.ports import HostRefused, ProviderError
from providers.base.health import Health
from providers.base.settings_named import Named
from providers.base.threads import Threads
from providers.gitlab import errors

M = TypeVar("M")

THREADS = 4
"""Calls at once."""

PER_PAGE = 100
"""The most that there are: https://docs.gitlab.com/api/rest/#offset-based-pagination (notes have no keyset pagination)."""

RATE_LEFT = "ratelimit-remaining"
"""https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers"""

Query = Mapping[str, str | int]


class Connection:
    """One thread's client. It keeps the headers of the last answer, since python-gitlab's errors do not."""

    def __init__(self, url: str, token: str, timeout: float, ca_bundle: str) -> None:
        self.gitlab = Gitlab(
            url, private_token=token, timeout=timeout, ssl_verify=ca_bundle or True, user_agent="penstock"
        )
        self.headers: Mapping[str, str] = {}
        session = self.gitlab.session
        # A redirect could lead anywhere, and requests would take the token along: it knows `Authorization` only.
        session.max_redirects = 0
        session.hooks["response"].append(self._answered)

    def close(self) -> None:
        self.gitlab.session.close()

    def ask(self, method: str, path: str, query: Query, body: Mapping[str, Any] | None) -> requests.Response:
        """No retries and no pauses of its own: when to ask again is the outbox's to decide."""
        self.headers = {}
        return self.gitlab.http_request(
            method,
            path,
            query_data=dict(query),
            post_data=dict(body) if body is not None else None,
            obey_rate_limit=False,
            retry_transient_errors=False,
        )

    def _answered(self, response: requests.Response, **_: object) -> None:
        self.headers = {name.lower(): value for name, value in response.headers.items()}


class GitLabClient:
    """Asks one GitLab. Every error comes out as one of the ports'."""

    def __init__(
        self,
        url: str,
        token: str,
        timeout: float,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
        named: Named = errors.ENVIRONMENT,
    ) -> None:
        self._url = url
        self._token = token
        self._named = named
        self._threads = Threads(
            "GitLab",
            THREADS,
            lambda: Connection(url, token, timeout, ca_bundle),
            Connection.close,
            partial(_translated, named),
            now,
        )

    @property
    def health(self) -> Health:
        return self._threads.health

    async def get(self, path: str, answer: type[M], query: Query | None = None) -> M:
        return await self._ask("get", path, _read(answer), query=query)

    async def post(self, path: str, body: Mapping[str, Any], answer: type[M]) -> M:
        return await self._ask("post", path, _read(answer), body=body)

    async def put(self, path: str, body: Mapping[str, Any], answer: type[M]) -> M:
        return await self._ask("put", path, _read(answer), body=body)

    async def delete(self, path: str) -> None:
        await self._ask("delete", path, lambda _: None)

    async def graphql(self, text: str, variables: Mapping[str, Any], answer: type[M]) -> M:
        body = {"query": text, "variables": dict(variables)}
        return await self._ask("post", f"{self._url}/api/graphql", _read(answer), body=body)

    async def pages(self, path: str, page: type[list[M]], query: Query) -> AsyncIterator[list[M]]:
        """Page by page, each of which is a `page`. The number of the next one is taken from the answer, an address never."""
        adapter = TypeAdapter(page)
        number = "1"

        def read(response: requests.Response) -> tuple[list[M], str]:
            following = response.headers.get("X-Next-Page", "")
            return adapter.validate_json(response.content), following if following.isdecimal() else ""

        while number:
            items, number = await self._ask("get", path, read, query={**query, "per_page": PER_PAGE, "page": number})
            yield items

    async def close(self) -> None:
        await self._threads.close()

    async def _ask(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], M],
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> M:
        if not self._token:
            raise HostRefused(f"No token is configured for GitLab: set {self._named('TOKEN')}")

        def asked(connection: Connection) -> M:
            try:
                return read(connection.ask(method, path, query or {}, body))
            finally:
                self.health.told(connection.headers, RATE_LEFT)

        return await self._threads.call(asked)


def _read(answer: type[M]) -> Callable[[requests.Response], M]:
    adapter = TypeAdapter(answer)
    return lambda response: adapter.validate_json(response.content)


def _translated(named: Named, error: Exception, connection: Connection | None, now: float) -> ProviderError | None:
    return errors.translated(error, connection.headers if connection else {}, now, named)
