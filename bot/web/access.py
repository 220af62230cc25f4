"""Who may see the pages: everybody over loopback, elsewhere who knows the page token. Signing in and out.

On loopback the name a browser asked for is checked, since any web site can point its own name at this machine (DNS
rebinding). What arrives through a proxy has not come over loopback, whatever its last step was.
"""

import hashlib
import hmac
import re
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.settings import LOOPBACK
from bot.web.site import SITE, AccessRules, Site

COOKIE = "penstock_session"
SIGNED_IN_FOR = 30 * 86_400
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")

OPEN = ("/webhooks/", "/healthz", "/readyz", "/static/", "/schema/", "/sign-in")
"""Paths that everybody may ask for; deliveries prove themselves by their signature."""

CLOSED = (
    "This bot listens beyond its own machine, and its pages have no token yet. "
    "Set PENSTOCK_PAGE_TOKEN to a long random value, start it again, and sign in with that value."
)
WRONG_HOST = (
    "This bot is reached over loopback, but it was asked for by another name. "
    "Use http://127.0.0.1 or http://localhost, or set PENSTOCK_PUBLIC_URL to the address that people use."
)


class SignInNeeded(Exception):
    """The visitor has to prove themselves first."""


def admit(request: web.Request) -> None:
    """Let the request pass, or raise: HTTPMisdirectedRequest, HTTPForbidden, SignInNeeded."""
    rules = request.app[SITE].access
    path = request.path
    if path.startswith("/webhooks/") or path in ("/healthz", "/readyz"):
        return
    direct = rules.loopback and _came_directly(request)
    if rules.loopback and not direct and _host(request) not in (LOOPBACK | {urlsplit(rules.public_url).hostname}):
        raise web.HTTPMisdirectedRequest(text=WRONG_HOST)
    if direct or path.startswith(OPEN) or path.startswith(rules.own_sign_in):
        return
    if not rules.page_token:
        raise web.HTTPForbidden(text=CLOSED)
    if not _has_token(request, rules):
        raise SignInNeeded


def operates(request: web.Request) -> bool:
    """Whether the request carries a token that lets it order things: in its header, whatever the visitor's cookies say."""
    rules = request.app[SITE].access
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = given.strip().encode()
    known = [known.encode() for known in (rules.page_token, rules.operator_token) if known]
    return scheme.casefold() == "bearer" and any(hmac.compare_digest(token, each) for each in known)


def sign_in_url(request: web.Request) -> str:
    return "/sign-in?" + urlencode({"next": request.path_qs})


def valid_token(rules: AccessRules, given: str) -> bool:
    return bool(rules.page_token) and hmac.compare_digest(given.encode(), rules.page_token.encode())


def local_path(text: str) -> str:
    """The path to go to after signing in: only one of this site's own."""
    ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if ours else "/"


def give_cookie(request: web.Request, response: web.Response, site: Site) -> None:
    """Remember the visitor. The cookie proves knowledge of the token without holding it, and ends when the token changes."""
    expires = int(site.clock.now()) + SIGNED_IN_FOR
    response.set_cookie(
        COOKIE,
        f"{expires}.{_proof(site.access, expires)}",
        max_age=SIGNED_IN_FOR,
        httponly=True,
        samesite="Lax",
        secure=request.secure or site.access.public_url.startswith("https:"),
    )


def _has_token(request: web.Request, rules: AccessRules) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return valid_token(rules, given.strip())
    expires, _, proof = request.cookies.get(COOKIE, "").partition(".")
    if not re.fullmatch(r"[0-9]{1,12}", expires):
        return False
    genuine = hmac.compare_digest(proof.encode(), _proof(rules, int(expires)).encode())
    return genuine and int(expires) > request.app[SITE].clock.now()


def _proof(rules: AccessRules, expires: int) -> str:
    return hmac.new(rules.page_token.encode(), f"penstock pages {expires}".encode(), hashlib.sha256).hexdigest()


def _host(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None


def _came_directly(request: web.Request) -> bool:
    return _host(request) in LOOPBACK and not any(name in request.headers for name in FORWARDING)
