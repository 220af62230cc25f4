"""Calls of pipelines' own webhooks: proved, kept, answered; what one starts comes later, as with every delivery."""

import ipaddress

from aiohttp import web

from bot.ports import SignatureMissing, SignatureWrong, StoreUnavailable
from bot.runtime.webhooks import LONGEST, PROVIDER, Webhooks
from bot.web.hooks import RETRY_AFTER
from bot.web.site import SITE, Site

PATH = "/webhooks/pipelines/{webhook}"


async def call(request: web.Request) -> web.Response:
    """202 once the call is durable, 200 for one that was taken before, 401 and 403 when it proves nothing, 404 where there is no webhook."""
    site = request.app[SITE]
    if site.webhooks is None:
        raise web.HTTPNotFound(text="There is no such webhook.")
    result, status, text = await _taken(request, site, site.webhooks)
    site.metrics.delivery(PROVIDER, result)
    headers = {"Retry-After": RETRY_AFTER} if status == web.HTTPServiceUnavailable.status_code else None
    return web.Response(status=status, text=text, headers=headers)


async def _taken(request: web.Request, site: Site, webhooks: Webhooks) -> tuple[str, int, str]:
    body = await _body(request)
    if body is None:
        return "too_large", 413, f"A call has at most {LONGEST} bytes."
    identity, peer = request.match_info["webhook"], peer_of(request)
    try:
        delivery = webhooks.verified(identity, request.headers, body, peer, site.clock.now())
        if delivery is None:
            return "unknown", 404, "There is no such webhook."
        new = await site.inbox.accept(delivery)
    except SignatureMissing as error:
        return "unsigned", 401, str(error)
    except SignatureWrong as error:
        return "wrong_signature", 403, str(error)
    except StoreUnavailable:
        return "unavailable", 503, "The call could not be kept. Make it again later."
    return ("accepted", 202, "") if new else ("repeated", 200, "This call was taken before.")


async def _body(request: web.Request) -> bytes | None:
    """None when it is too large; what comes after that is not read."""
    if (request.content_length or 0) > LONGEST:
        return None
    parts, size = [], 0
    async for part in request.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LONGEST:
            return None
    return b"".join(parts)


def peer_of(request: web.Request) -> str:
    """The caller's address: of whom the nearest trusted proxy says, else of the connection."""
    proxies = [ipaddress.ip_network(each) for each in request.app[SITE].access.proxies]
    peer = request.remote or ""
    named = [part.strip() for value in request.headers.getall("X-Forwarded-For", ()) for part in value.split(",")]
    while named and _is_within(peer, proxies):
        peer = named.pop()
    return peer


def _is_within(peer: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)
