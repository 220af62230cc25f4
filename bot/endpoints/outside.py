"""How endpoints are reached over HTTP: bounded in time and size, following no redirect, and only where they may.

An address that comes from a pipeline file is a stranger's. It is reached over https only, and only at public addresses, as
resolved at the very connection: the bot must not become a way into the network it stands in. An endpoint that the bot's own
settings name is its operator's word, and may be anywhere.
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

ANSWER_LIMIT = 64 << 10
LONGEST = 60.0
"""Seconds for one request. What takes longer answers that it is to be asked again."""


class NotReached(Exception):
    """No answer was to be had now; another try may bring one. The text holds no address and no secret."""


class TooLong(NotReached):
    """It answered, with more than is read. Another try brings the same, most likely."""


class Forbidden(Exception):
    """The address may not be asked at all. The text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Outside:
    """One for all who ask. `close` ends its connections."""

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def get(self, url: str, query: Mapping[str, str], longest: float) -> Answer:
        """Of an endpoint that the settings name."""
        return await self._ask("GET", URL(url), trusted=True, longest=longest, params=query)

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        longest: float,
        *,
        trusted: bool,
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """Raises Forbidden for what a stranger may not name."""
        where = URL(url) if trusted else check_address(url)
        return await self._ask("POST", where, trusted=trusted, longest=longest, limit=limit, data=body, headers=headers)

    async def tell(self, url: str, body: bytes, headers: Mapping[str, str], longest: float) -> int:
        """An endpoint that the settings name. Its status is its answer: whatever else it says is not even read."""
        answer = await self._ask(
            "POST", URL(url), trusted=True, longest=longest, limit=None, data=body, headers=headers
        )
        return answer.status

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def _ask(
        self, method: str, url: URL, *, trusted: bool, longest: float, limit: int | None = ANSWER_LIMIT, **how: Any
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=max(0.1, min(LONGEST, longest)))
        session = self._session(trusted=trusted)
        try:
            async with session.request(method, url, allow_redirects=False, timeout=timeout, **how) as answer:
                body = b"" if limit is None else await _body(answer, limit)
        except aiohttp.InvalidURL:
            raise Forbidden("it is no address") from None
        except TimeoutError:
            raise NotReached("it did not answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, _NotPublic) or isinstance(error.__context__, _NotPublic):
                raise Forbidden(_NOT_PUBLIC) from None
            raise NotReached(f"it could not be reached ({type(error).__name__})") from None
        return Answer(answer.status, body)

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            resolver = aiohttp.ThreadedResolver()
            connector = aiohttp.TCPConnector(resolver=resolver if trusted else _PublicOnly(resolver))
            # No proxy and no .netrc of this machine: what may be reached is decided here.
            self._sessions[trusted] = aiohttp.ClientSession(connector=connector, trust_env=False)
        return self._sessions[trusted]


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """Raises TooLong."""
    body = await answer.content.read(limit + 1)
    while len(body) <= limit and (more := await answer.content.read(limit + 1 - len(body))):
        body += more
    if len(body) > limit:
        raise TooLong(f"its answer is longer than {limit >> 10} KiB")
    return body


_NOT_PUBLIC = "its host has no public address; name it in PENSTOCK_INVOKE_ENDPOINTS if it is yours"


class _NotPublic(OSError):
    """A host name of a stranger leads into a network that is not public."""


def check_address(url: str) -> URL:
    """The address as it is going to be connected to; a host name in it is looked at when it is resolved. Raises Forbidden."""
    try:
        parsed = URL(url)
    except ValueError:
        raise Forbidden("it is no address") from None
    if parsed.scheme != "https" or not parsed.raw_host:
        raise Forbidden("only https addresses may be asked; name it in PENSTOCK_INVOKE_ENDPOINTS if it is yours")
    if parsed.user is not None or parsed.password is not None:
        raise Forbidden("an address must not hold a user name or password")
    try:
        # As the library has it: to it, digits of other scripts are digits, too.
        literal = ipaddress.ip_address(parsed.raw_host)
    except ValueError:
        return parsed
    if not _is_public(literal):
        raise Forbidden(_NOT_PUBLIC)
    return parsed


_UNICAST = ipaddress.ip_network("2000::/3")
_SPECIAL = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "3fff::/20")
]
"""Of protocols, relays, measurements and examples, which versions of Python differ on. One cloud has its machines' credentials in the first.

https://www.iana.org/assignments/iana-ipv4-special-registry/ and https://www.iana.org/assignments/iana-ipv6-special-registry/
"""


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Of IPv6 only what is assigned to hosts: all that carries an IPv4 address inside (mapped, translated, tunnelled) is not."""
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        tunnelled = address.sixtofour is not None or address.teredo is not None
        return address in _UNICAST and address.is_global and not tunnelled
    return address.is_global and not address.is_multicast


class _PublicOnly(AbstractResolver):
    """Resolves host names to public addresses only; the connection is made to what was resolved here, so it can't change."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(_is_public(ipaddress.ip_address(each["host"].split("%")[0])) for each in found):
            raise _NotPublic(_NOT_PUBLIC)
        return found

    async def close(self) -> None:
        await self._resolver.close()
