"""What a visitor reads when something is not there, not allowed, or broken. Never a trace: a reference that the log has, too."""

import secrets

import structlog
from aiohttp import web

from bot.web.access import sign_in_url
from bot.web.pages import render

log = structlog.get_logger(__name__)

_TITLES = {
    400: "That request makes no sense here",
    403: "Not open to you",
    404: "There is nothing here",
    405: "That is not done here",
    421: "Asked for by another name",
    503: "Busy for a moment",
}
_TEXTS = {
    404: "The address may be mistyped, or what it named may have been removed.",
    405: "This address does not take that kind of request.",
}


def refused(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """An HTTPException as a page for people, as plain text for programs."""
    if error.status < 400:  # noqa: PLR2004  a redirect
        return error
    default = error.text is None or error.text == f"{error.status}: {error.reason}"
    text = _TEXTS.get(error.status, error.reason) if default else error.text or ""
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return _answer(request, error.status, _TITLES.get(error.status, error.reason), text, headers)


def broken(request: web.Request, error: Exception) -> web.StreamResponse:
    """Our own fault: the log gets everything, the visitor a reference to it."""
    reference = secrets.token_hex(4)
    log.error("request failed", exc_info=error, reference=reference, method=request.method, path=request.path)
    text = f"This is the bot's own fault. Whoever runs it finds the cause in its log under reference {reference}."
    return _answer(request, 500, "Something broke", text, {})


def unavailable(request: web.Request, reason: str) -> web.StreamResponse:
    return _answer(request, 503, "The database does not answer", reason, {"Retry-After": "5"})


def sign_in_needed(request: web.Request) -> web.StreamResponse:
    if request.method in ("GET", "HEAD") and _wants_page(request):
        return web.Response(status=303, headers={"Location": sign_in_url(request)})
    text = "Send the page token: Authorization: Bearer <token>.\n"
    return web.Response(status=401, text=text, headers={"WWW-Authenticate": 'Bearer realm="penstock"'})


def _answer(request: web.Request, status: int, title: str, text: str, headers: dict[str, str]) -> web.StreamResponse:
    if not _wants_page(request):
        return web.Response(status=status, text=text + "\n", headers=headers)
    response = render(request, "error.html", status=status, title=title, text=text)
    response.headers.update(headers)
    return response


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/webhooks/")
