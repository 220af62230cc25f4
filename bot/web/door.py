"""The front door: it takes plain deliveries itself, and hands every other connection to aiohttp, from the first byte on.

A plain delivery is the one form in which hosts send almost all of theirs: a POST with a length, its head in one piece, not
too large, well signed, new. For it a request object, a task and a response cost three times what keeping it costs. The
door only ever says 202. Whatever looks or turns out otherwise (a page, a chunked or large body, a wrong signature, a
repetition, a database that is full) is judged by `hooks` and the other handlers, which see it as if there were no door:
so nothing about refusals is known here, and a reader of HTTP needs to be trusted only with what is beyond doubt.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache, partial
from socket import SHUT_RDWR, socket
from typing import cast

from aiohttp import web
from multidict import CIMultiDict

from bot.web.hooks import HOOKS, Hook

LARGEST_HEAD = 8190
"""Bytes, as aiohttp has it for a line."""

KEEP_ALIVE = 3630.0
"""Seconds for which a silent connection is kept at least: as aiohttp has it, longer than proxies keep theirs."""

FAREWELL = 2.0
"""Seconds that deliveries have to be kept and answered when the bot stops."""

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = r"[!-~](?:[ -~]*[!-~])?"
_HEAD = re.compile(rf"POST /webhooks/([a-z0-9-]+) HTTP/1\.1\r\n((?:{_NAME}: {_VALUE}\r\n)+)\r\n".encode())
_FIELD = re.compile(rf"({_NAME}): ({_VALUE})\r\n")
_LENGTH = re.compile("[0-9]{1,7}")
_BEYOND = ("Connection", "Content-Encoding", "Expect", "Trailer", "Transfer-Encoding", "Upgrade")
"""Fields that ask for more than a plain answer."""


class FrontDoor(web.BaseSite):
    """Listens on a socket, for the runner's application and its hooks."""

    def __init__(self, runner: web.AppRunner, listener: socket, backlog: int) -> None:
        super().__init__(runner, backlog=backlog)
        self._served = runner
        self._listener = listener
        self._visits: set[_Visit] = set()

    @property
    def name(self) -> str:
        return "front door"

    async def start(self) -> None:
        await super().start()
        server = self._served.server
        assert server is not None  # noqa: S101  the runner has been set up
        visit = partial(_Visit, self._served.app[HOOKS], server, self._visits)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(visit, sock=self._listener, backlog=self._backlog)

    async def stop(self) -> None:
        """Let nobody in any more: not by the socket's copy either, which a program has that is just being started."""
        with suppress(OSError):
            self._listener.shutdown(SHUT_RDWR)
        await super().stop()

    async def leave(self) -> None:
        """Let go of every connection that is still the door's, once what it has asked is answered."""
        asked = [visit.asked for visit in self._visits if visit.asked is not None]
        for visit in list(self._visits):
            visit.leave()
        if asked:
            await asyncio.wait(asked, timeout=FAREWELL)
            await asyncio.sleep(0)  # for the answers to be sent
        for visit in list(self._visits):
            visit.leave(at_once=True)


class _Visit(asyncio.Protocol):
    """One connection, until it is aiohttp's. One delivery at a time: `asked` is the one that is being kept."""

    def __init__(
        self, hooks: Mapping[str, Hook], handler: Callable[[], asyncio.Protocol], visits: "set[_Visit]"
    ) -> None:
        self._hooks = hooks
        self._handler = handler
        self._visits = visits
        self._parts: list[bytes] = []
        self._size = 0
        self._needed = 1
        self._requests = 0
        self._leaving = False
        self.asked: asyncio.Future[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._visits.add(self)
        self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._tire, 0)

    def connection_lost(self, _error: Exception | None) -> None:
        """What it has asked goes on all the same."""
        self._forget()

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self.asked is not None:
            self._transport.pause_reading()  # the next request waits for the answer to this one
        elif self._size >= self._needed:
            self._look()

    def leave(self, *, at_once: bool = False) -> None:
        self._leaving = True
        if at_once or self.asked is None:
            self._transport.close()

    def _look(self) -> None:
        """At what has come so far, which begins with a request: take it, wait for the rest of its body, or give it away."""
        came = self._came()
        end = came.find(b"\r\n\r\n", 0, LARGEST_HEAD) + 4
        plain = self._plain(came, end)
        if plain is None:
            self._hand_over()
            return
        hook, headers, length = plain
        if self._size < end + length:
            self._needed = end + length
            return
        try:
            self.asked = hook.accept(headers, came[end : end + length])
        except Exception:  # noqa: BLE001  whatever it is, it is told where all refusals and faults are
            self._hand_over()
        else:
            self.asked.add_done_callback(partial(self._answer, hook, end + length))

    def _plain(self, came: bytes, end: int) -> tuple[Hook, CIMultiDict[str], int] | None:
        """The hook, the headers and the length of a plain delivery, None for everything else."""
        head = _HEAD.fullmatch(came, 0, end)
        hook = self._hooks.get(head[1].decode()) if head else None
        if head is None or hook is None:
            return None
        headers = CIMultiDict(_FIELD.findall(head[2].decode()))
        lengths = headers.getall("Content-Length", ())
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]) or int(lengths[0]) > hook.at_once:
            return None
        return None if any(name in headers for name in _BEYOND) else (hook, headers, int(lengths[0]))

    def _answer(self, hook: Hook, length: int, asked: "asyncio.Future[bool]") -> None:
        self.asked = None
        if self._transport.is_closing():
            return
        if asked.cancelled() or asked.exception() is not None or not asked.result():
            self._hand_over()
            return
        self._transport.write(_accepted(int(hook.accepted())))
        rest = self._came()[length:]
        self._parts, self._size, self._needed = [rest] if rest else [], len(rest), 1
        self._requests += 1
        if self._leaving:
            self._transport.close()
        elif rest:
            self._transport.resume_reading()
            self._look()

    def _came(self) -> bytes:
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""

    def _hand_over(self) -> None:
        """The connection is aiohttp's from now on, with all that has come since its last answered request."""
        self._forget()
        handler = self._handler()
        self._transport.set_protocol(handler)
        handler.connection_made(self._transport)
        handler.data_received(self._came())
        self._transport.resume_reading()

    def _forget(self) -> None:
        self._visits.discard(self)
        self._timer.cancel()

    def _tire(self, requests: int) -> None:
        if requests == self._requests and self.asked is None:
            self._transport.close()
        else:
            self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._tire, self._requests)


@lru_cache(maxsize=2)
def _accepted(second: int) -> bytes:
    return f"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: {formatdate(second, usegmt=True)}\r\n\r\n".encode()
