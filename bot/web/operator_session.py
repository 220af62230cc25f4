"""The session of whoever sets the bot up in a browser: they have shown the operator's token or the page token, for an hour.

Pages are open to many; what is set up here speaks for the bot, so it asks again, on loopback, too.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from aiohttp import web

from bot.web.site import SITE, AccessRules

COOKIE = "penstock_operator"
LASTS = 3600

_COOKIE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")
_STATE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")


def may_operate(rules: AccessRules, given: str) -> bool:
    known = [token for token in (rules.operator_token, rules.page_token) if token]
    return any([hmac.compare_digest(given.encode(), token.encode()) for token in known])  # noqa: C419  all are compared


def begin(request: web.Request, response: web.StreamResponse) -> None:
    site = request.app[SITE]
    expires, nonce = int(site.clock.now()) + LASTS, secrets.token_hex(16)
    response.set_cookie(
        COOKIE,
        f"{expires}.{nonce}.{_proof(site.access, f'session {expires} {nonce}')}",
        max_age=LASTS,
        path="/setup/",
        httponly=True,
        samesite="Lax",  # GitHub sends the browser back to it
        secure=request.secure or site.access.public_url.startswith("https:"),
    )


def session_of(request: web.Request) -> str:
    """The session's name, "" for whoever has none."""
    site = request.app[SITE]
    found = _COOKIE.fullmatch(request.cookies.get(COOKIE, ""))
    if found is None or not site.access.operator_token or int(found[1]) <= site.clock.now():
        return ""
    proof = _proof(site.access, f"session {found[1]} {found[2]}")
    return found[2] if hmac.compare_digest(found[3], proof) else ""


@dataclass
class States:
    """What a host brings back to show that this session has asked: each is good once, and for the session that it was made for."""

    used: set[str] = field(default_factory=set)

    def new(self, rules: AccessRules, session: str) -> str:
        nonce = secrets.token_hex(16)
        return f"{nonce}.{_proof(rules, f'state {session} {nonce}')}"

    def take(self, rules: AccessRules, session: str, state: str) -> bool:
        found = _STATE.fullmatch(state)
        if found is None or found[1] in self.used:
            return False
        if not hmac.compare_digest(found[2], _proof(rules, f"state {session} {found[1]}")):
            return False
        self.used.add(found[1])
        return True


def _proof(rules: AccessRules, what: str) -> str:
    return hmac.new(rules.operator_token.encode(), f"penstock operator {what}".encode(), hashlib.sha256).hexdigest()
