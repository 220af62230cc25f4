"""How a registry lets one in: by nothing, by a password, or by a token that another address gives out for the password.

https://distribution.github.io/distribution/spec/auth/token/ - the password goes to the registry itself and to the address that
the settings name for tokens, never to one that an answer names.
"""

import base64
import json
import re
from urllib.parse import unquote, urlsplit

import aiohttp

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_LARGEST_TOKEN = 64 << 10
UNAUTHORIZED = 401


class RegistryAnswered(Exception):
    """The registry answers in a way that nothing can be done with; the text says which, and holds no secret."""


class Login:
    """For one registry at `url`. `elsewhere` is where its tokens may come from beside itself."""

    def __init__(self, url: str, user: str, password: str, elsewhere: str) -> None:
        self._trusted = {_origin(each) for each in (url, elsewhere) if each}
        self._basic = _basic(user, password) if user else ""
        self._tokens: dict[str, str] = {}

    async def get(
        self, session: aiohttp.ClientSession, url: str, headers: dict[str, str], limit: int, repository: str
    ) -> tuple[int, bytes]:
        """Status and body. Raises RegistryAnswered, aiohttp's errors, TimeoutError."""
        token = self._tokens.get(repository)
        known = {"Authorization": f"Bearer {token}"} if token else {}
        async with session.get(url, headers={**headers, **known}, allow_redirects=False) as answer:
            if answer.status != UNAUTHORIZED:
                return answer.status, await _body(answer, limit)
            challenge = answer.headers.get("WWW-Authenticate", "")
        proof = await self._proof(session, challenge, repository)
        if proof is None:
            return UNAUTHORIZED, b""
        async with session.get(url, headers={**headers, "Authorization": proof}, allow_redirects=False) as answer:
            return answer.status, await _body(answer, limit)

    async def _proof(self, session: aiohttp.ClientSession, challenge: str, repository: str) -> str | None:
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic":
            return self._basic or None
        if scheme != "bearer":
            return None
        asked = dict(_CHALLENGE.findall(challenge))
        realm = asked.get("realm", "")
        if _origin(realm) not in self._trusted:
            where = _origin(realm)[:200] or "nowhere"
            raise RegistryAnswered(
                f"it gives out tokens at {where}: whoever operates the bot can allow that, ?auth={where} "
                "behind its address in PENSTOCK_SOURCE_REGISTRIES"
            )
        # The scope is ours to say: reading this repository and nothing else.
        query = {"service": asked.get("service", ""), "scope": f"repository:{repository}:pull"}
        headers = {"Authorization": self._basic} if self._basic else {}
        async with session.get(realm, params=query, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:  # noqa: PLR2004  the standard's number
                return None
            body = await _body(answer, _LARGEST_TOKEN)
        try:
            read = json.loads(body)
            token = read.get("token") or read.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryAnswered("its token cannot be understood")
        self._tokens[repository] = token
        return f"Bearer {token}"


def _basic(user: str, password: str) -> str:
    """As they stand in a URL, where signs of its own are escaped."""
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = b""
    async for part in answer.content.iter_chunked(1 << 16):
        body += part
        if len(body) > limit:
            raise RegistryAnswered("its answer is too long")
    return body


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
