"""Asking a Bitbucket: one session that keeps its connections, and every failure in the ports' words. Knows no address.

Nothing is tried again here: when to ask again is the outbox's to decide. While our rate is limited, or the host is down, nothing is sent at all.
https://developer.atlassian.com/cloud/bitbucket/rest/intro/#error-reporting (Cloud's errors)
https://developer.atlassian.com/server/bitbucket/rest/v906/intro/ (Data Center's errors)
"""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Literal, TypeVar
from urllib.parse import quote
from urllib.request import getproxies, proxy_bypass

import aiohttp
from pydantic import BaseModel, ValidationError
from yarl import URL

from bot.ports import HostRefused, HostUnavailable, ProviderError
from providers.base.breaker import Breaker
from providers.base.health import Health
from providers.base.limits import RateLimited, seconds

M = TypeVar("M", bound=BaseModel)
Method = Literal["GET", "POST", "PUT", "DELETE"]

CONNECTIONS = 8
"""Calls at once: Data Center gives a user 60 and then 5 a second by default (improving instance stability with rate limiting)."""

WITHOUT_A_WORD = 60.0
"""How long to wait after a rate limit that does not say: Cloud counts over an hour and often names no time."""

LARGEST = 16 << 20
"""Bytes of an answer; nothing that is asked for here comes near it."""

UNAVAILABLE = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY)


class Refused(HostRefused):
    """The host's own refusal, with the status it gave."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """`raw` is the JSON as it came. Header names are lower-cased."""

    raw: bytes
    headers: Mapping[str, str]


class Client:
    """`host` names it in words; `authorization` is the header's value, "" when no token is configured: `missing` says which one."""

    def __init__(
        self,
        host: str,
        api_url: str,
        authorization: str,
        missing: str,
        timeout: float,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._api = URL(api_url.rstrip("/"))
        self._proxy = _proxy_for(self._api)
        self._authorization = authorization
        self._missing = missing
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._ca_bundle = ca_bundle
        self._breaker = Breaker(host, now)
        self._session: aiohttp.ClientSession | None = None

    @property
    def missing(self) -> str:
        """The setting that would have its token."""
        return self._missing

    @property
    def health(self) -> Health:
        return self._breaker.health

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return await self.ask("GET", path, query=query)

    async def get_or_none(self, path: str, query: Mapping[str, str] | None = None) -> Answer | None:
        """None where the host says that there is no such thing."""
        try:
            return await self.get(path, query)
        except Refused as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return None
            raise

    async def ask(
        self, method: Method, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """`path` begins with a slash, is quoted already (`at`), and follows the API's own address."""
        return await self._ask(method, URL(f"{self._api}{path}", encoded=True).update_query(query or {}), body)

    async def follow(self, url: str) -> Answer:
        """The page behind an address that an answer held. Raises HostUnavailable for one that is not below the API's own."""
        try:
            target = URL(url, encoded=True)
            ours = target.origin() == self._api.origin() and target.path.startswith(self._api.path.rstrip("/") + "/")
        except ValueError:
            ours = False
        if not ours:
            raise HostUnavailable(f"{self._host} named a next page that is not its own")
        return await self._ask("GET", target, None)

    async def ask_beside(self, method: Method, old: str, new: str, path: str, body: object = None) -> Answer:
        """An API beside this one: where the API's own path ends with `old`, `new` takes its place."""
        base = f"{self._api}".removesuffix(old)
        return await self._ask(method, URL(f"{base}{new}{path}", encoded=True), body)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: Method, url: URL, body: object) -> Answer:
        if not self._authorization:
            raise HostRefused(f"No token is configured for {self._host}: set {self._missing}")
        async with self._breaker.passage():
            return await self._send(method, url, body)

    async def _send(self, method: Method, url: URL, body: object) -> Answer:
        try:
            async with self._open().request(
                method, url, json=body, allow_redirects=False, proxy=self._proxy
            ) as response:
                return await self._read(response)
        except TimeoutError:
            raise HostUnavailable(f"{self._host} did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise HostUnavailable(f"{self._host} could not be reached ({type(error).__name__})") from None

    def _open(self) -> aiohttp.ClientSession:
        """Made with the first call, since it belongs to the loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=_trusted(self._ca_bundle)),
                timeout=self._timeout,
                headers={
                    "Authorization": self._authorization,
                    "Accept": "application/json",
                    "User-Agent": "penstock",
                    # Data Center refuses what could be a forged form: https://confluence.atlassian.com/x/Tn8qAQ
                    "X-Atlassian-Token": "no-check",
                },
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.health.told(headers, "x-ratelimit-remaining")
        raw = bytearray()
        async for part in response.content.iter_any():
            raw += part
            if len(raw) > LARGEST:
                raise HostUnavailable(f"{self._host} answered more than can be read")
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._failure(response.status, headers, bytes(raw))
        return Answer(bytes(raw), headers)

    def _failure(self, status: int, headers: Mapping[str, str], raw: bytes) -> ProviderError:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(self._host, max(1.0, seconds(headers.get("retry-after", ""), WITHOUT_A_WORD)))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in UNAVAILABLE:
            return HostUnavailable(f"{self._host} answered {status}", seconds(headers.get("retry-after", ""), 0.0))
        return Refused(f"{self._host} answered {status}: {_said(raw) or 'no reason given'}", status)


@cache
def _trusted(ca_bundle: str) -> ssl.SSLContext:
    """Reading the authorities takes 20 ms; clients of one bundle share them."""
    return ssl.create_default_context(cafile=ca_bundle or None)


def _proxy_for(url: URL) -> str | None:
    """As every other program of the machine has it; aiohttp's own way would have a .netrc sign in for us."""
    return None if not url.host or proxy_bypass(url.host) else getproxies().get(url.scheme)


def at(*parts: str) -> str:
    """A path of those parts, each as it is, whatever characters it has. Raises HostRefused for one that would lead elsewhere."""
    for part in parts:
        if part in ("", ".", ".."):
            raise HostRefused(f"{part!r} is no part of an address")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def read(model: type[M], answer: Answer) -> M:
    """An answer as the model has it. Raises HostUnavailable when it is not what was asked for: half of it, or a proxy's page."""
    try:
        return model.model_validate_json(answer.raw)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise HostUnavailable(f"Bitbucket's answer could not be understood: {place[:80]}") from None


def _said(raw: bytes) -> str:
    """The host's own reason: Cloud's `error.message` and the scopes it asks for, or Data Center's first error."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    errors = body.get("errors")
    if isinstance(error, dict):
        detail = error.get("detail")
        required = detail.get("required") if isinstance(detail, dict) else None
        needs = f" (it needs {', '.join(map(str, required))})" if isinstance(required, list) else ""
        return _short(error.get("message")) + needs[:200]
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return _short(errors[0].get("message"))
    return ""


def _short(text: object) -> str:
    return text[:200] if isinstance(text, str) else ""
