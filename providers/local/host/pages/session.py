"""Who a browser is: signed in by a cookie that scripts and other sites can't use, and every form guarded against forgery."""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.ports import Clock
from providers.local.host import people
from providers.local.host.address import Address
from providers.local.host.database import Database
from providers.local.host.people import User

COOKIE = "penstock_host"
SIGNED_IN_FOR = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Session:
    """`user` None: nobody is signed in. `csrf` is what this session's forms carry."""

    user: User | None = None
    csrf: str = ""


class Sessions:
    def __init__(self, database: Database, address: Address, clock: Clock) -> None:
        self._database = database
        self._address = address
        self._clock = clock

    async def of(self, request: web.Request) -> Session:
        token = request.cookies.get(COOKIE, "")
        if not token:
            return Session()
        user = await self._database.run(people.user_of_token, token, "session", self._clock.now())
        return Session(user, _csrf(token)) if user is not None else Session()

    async def sign_in(self, login: str, token: str) -> str | None:
        """The new session's cookie for a login and its access token."""
        user = await self._database.run(people.user_of_token, token, "access", self._clock.now())
        if user is None or user.bot or user.login.lower() != login.strip().lower():
            return None
        return await self._begin(user)

    async def redeem(self, token: str) -> str | None:
        """The new session's cookie for a sign-in link, which is used up by that."""
        user = await self._database.run(people.user_of_token, token, "sign_in", self._clock.now())
        if user is None:
            return None
        await self._database.run(people.revoke_token, token)
        return await self._begin(user)

    async def sign_out(self, request: web.Request) -> None:
        await self._database.run(people.revoke_token, request.cookies.get(COOKIE, ""))

    def set_cookie(self, response: web.StreamResponse, value: str) -> None:
        response.set_cookie(
            COOKIE,
            value,
            path="/host",
            max_age=SIGNED_IN_FOR,
            httponly=True,
            samesite="Lax",
            secure=self._address.url.startswith("https:"),
        )

    def is_forged(self, request: web.Request, session: Session, given: str) -> bool:
        """Whether a form comes from elsewhere: another site's page, or without this session's secret."""
        return self.from_elsewhere(request) or not hmac.compare_digest(session.csrf.encode(), given.encode())

    def from_elsewhere(self, request: web.Request) -> bool:
        """Browsers say which site a form was sent from; "null" is a site that won't say. A proxy may know us by another name."""
        origin = request.headers.get(hdrs.ORIGIN)
        ours = (request.host.lower(), urlsplit(self._address.url).netloc.lower())
        return origin is not None and origin.lower().partition("://")[2] not in ours

    async def _begin(self, user: User) -> str:
        until = self._clock.now() + SIGNED_IN_FOR
        return await self._database.run(people.issue_token, user, "session", until)


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()
