"""Webhooks: check the signature over the raw bytes, name the delivery, hand it to the inbox, answer. Reading it comes later.

This is the one path whose speed is measured: no copy of headers, no log line, nothing that another request needs.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from aiohttp import ClientError, HttpVersion11, web

from bot.model.delivery import GOOD_FOR
from bot.ports import NotADelivery, Provider, SignatureMissing, SignatureWrong, StoreUnavailable
from bot.web.site import Site

BODY_LIMIT = 25 * 1024 * 1024
"""GitHub sends no more: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

LARGE = 1 << 20
"""Bytes from which a signature is checked in a thread: 25 MB take as long as a hundred usual deliveries."""

RETRY_AFTER = "5"
LINGER = 0.5
"""Seconds that a sender of too much has to read the answer: closing at once would reset the connection before that."""


class TooLarge(Exception):
    """The body is larger than any host sends."""


HOOKS: web.AppKey[Mapping[str, "Hook"]] = web.AppKey("hooks", Mapping)
"""By the provider's name."""


class Hook:
    """The intake of one provider."""

    def __init__(self, site: Site, provider: Provider) -> None:
        self._inbox = site.inbox
        self._metrics = site.metrics
        self._clock = site.clock
        self._provider = provider
        self._secrets = site.host_secrets

    async def handle(self, request: web.Request) -> web.Response:
        try:
            if await self._take(request):
                self.accepted()
                return web.Response(status=202)
            result, status, text = "repeated", 200, "This delivery was taken before."
        except TooLarge:
            return await self._refuse_large(request)
        except SignatureMissing as error:
            result, status, text = "unsigned", 401, str(error)
        except SignatureWrong as error:
            result, status, text = "wrong_signature", 403, str(error)
        except NotADelivery as error:
            result, status, text = "malformed", 400, str(error)
        except StoreUnavailable:
            result, status, text = "unavailable", 503, "The delivery could not be kept. Send it again later."
        self._metrics.delivery(self._provider.name, result)
        headers = {"Retry-After": RETRY_AFTER} if status == web.HTTPServiceUnavailable.status_code else None
        return web.Response(status=status, text=text, headers=headers)

    async def _take(self, request: web.Request) -> bool:
        """Verify the delivery, then have it kept; False when it was seen before."""
        if "Content-Encoding" in request.headers:
            # What is signed is what is sent: no host compresses, and a compressed bomb is never opened.
            raise NotADelivery("Send the body as it is signed: uncompressed.")
        headers, body = request.headers, await read_body(request)
        try:
            return await self._accept(headers, body)
        except (SignatureMissing, SignatureWrong):
            # A repository may have been connected a moment ago.
            if self._secrets is None or not await self._secrets.refresh():
                raise
        return await self._accept(headers, body)

    async def _accept(self, headers: Mapping[str, str], body: bytes) -> bool:
        if len(body) <= self.at_once:
            return await self.accept(headers, body)
        good_for = await asyncio.to_thread(self._provider.verify, headers, body)
        return await self._keep(headers, body, good_for)

    @property
    def at_once(self) -> int:
        """Bytes up to which a signature is checked at once. It is fewer where many repositories have secrets of their own and all of
        them are tried: however many there are, a forged delivery does not hold up the others for longer.
        """
        if self._secrets is None or self._provider.limits.names_hook:
            return LARGE
        return LARGE // (1 + len(self._secrets.of(self._provider.name)))

    def accept(self, headers: Mapping[str, str], body: bytes) -> "asyncio.Future[bool]":
        """Verify and name the delivery, hand it to the inbox. Raises SignatureMissing, SignatureWrong, NotADelivery."""
        return self._keep(headers, body, self._provider.verify(headers, body))

    def _keep(self, headers: Mapping[str, str], body: bytes, good_for: str) -> "asyncio.Future[bool]":
        delivery = self._provider.delivery(headers, body, self._clock.now())
        if good_for:
            delivery = replace(delivery, headers={**delivery.headers, GOOD_FOR: good_for})
        return asyncio.ensure_future(self._inbox.accept(delivery))

    def accepted(self) -> float:
        """Count one that is answered 202; the time comes back."""
        self._metrics.delivery(self._provider.name, "accepted")
        return self._clock.now()

    async def _refuse_large(self, request: web.Request) -> web.Response:
        """Answer, give the sender a moment to see it, and hang up; what it still sends is thrown away unread."""
        self._metrics.delivery(self._provider.name, "too_large")
        response = web.Response(status=413, text=f"A delivery has at most {BODY_LIMIT} bytes.")
        response.force_close()
        await response.prepare(request)
        await response.write_eof()
        with suppress(TimeoutError, ConnectionError, ClientError):
            async with asyncio.timeout(LINGER):
                while await request.content.readany():
                    pass
        request.protocol.force_close()
        return response


async def expect(request: web.Request) -> None:
    """Who asks before sending is told to go on, unless it would be too much: `handle` then says so."""
    if (request.content_length or 0) <= BODY_LIMIT and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


async def read_body(request: web.Request) -> bytes:
    """The whole body; raises TooLarge without reading one that announces its size, and as soon as another one exceeds it."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise TooLarge
    content = request.content
    body = await content.readany()
    if content.at_eof() and len(body) <= BODY_LIMIT:
        return body
    parts, size = [body], len(body)
    while part := await content.readany():
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            raise TooLarge
    return b"".join(parts)
