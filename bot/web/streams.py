"""Server-sent events: a bounded number of live connections, each kept awake, each ended when its reader or the bot goes.

What is sent is the affair of those who open a stream.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import orjson
import structlog
from aiohttp import web

from bot.web.edge import HEADERS

log = structlog.get_logger(__name__)

T = TypeVar("T")

RECONNECT_AFTER = 2000
"""Milliseconds after which a browser that lost its stream asks again."""


class Stream:
    """One reader. Sending waits for a slow one, but not for ever."""

    def __init__(self, response: web.StreamResponse, heartbeat: float) -> None:
        self.response = response
        self._heartbeat = heartbeat

    async def send(self, event: str, data: object, id: str = "") -> None:  # noqa: A002  the protocol's own word
        lines = [f"event: {event}".encode(), *([f"id: {id}".encode()] if id else []), b"data: " + orjson.dumps(data)]
        await self._write(b"\n".join(lines) + b"\n\n")

    async def until(self, awaitable: Awaitable[T]) -> T:
        """Wait for something, and send a comment now and then so that nobody takes the connection for dead."""
        task = asyncio.ensure_future(awaitable)
        try:
            while not (await asyncio.wait({task}, timeout=self._heartbeat))[0]:
                await self._write(b": still here\n\n")
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def begin(self) -> None:
        await self._write(f"retry: {RECONNECT_AFTER}\n\n".encode())

    async def _write(self, data: bytes) -> None:
        async with asyncio.timeout(self._heartbeat * 2):
            await self.response.write(data)


class Streams:
    """All live connections of the application."""

    def __init__(self, limit: int, heartbeat: float) -> None:
        self._limit = limit
        self._heartbeat = heartbeat
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def open(self) -> int:
        return len(self._tasks)

    @asynccontextmanager
    async def to(self, request: web.Request) -> AsyncIterator[Stream]:
        """A stream to whoever asked. It ends quietly when they go; too many are sent away, and come again later."""
        if len(self._tasks) >= self._limit:
            raise web.HTTPServiceUnavailable(text="Too many pages are open at once.", headers={"Retry-After": "10"})
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a handler always runs in a task
        self._tasks.add(task)
        try:
            response = await _prepared(request)
            stream = Stream(response, self._heartbeat)
            await stream.begin()
            yield stream
        except (ConnectionError, TimeoutError):
            pass  # the reader has gone, or reads no more
        except Exception:
            # The answer has begun: no page can tell it any more. The browser asks again.
            log.exception("stream failed", path=request.path)
        finally:
            self._tasks.discard(task)

    async def close(self, _app: web.Application) -> None:
        """End every stream, so that shutting down does not wait for readers."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _prepared(request: web.Request) -> web.StreamResponse:
    headers = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await response.prepare(request)
    return response


def last_seen(request: web.Request) -> str:
    """The id of the last event that the reader has: from its reconnecting, else from the page that it began with."""
    return request.headers.get("Last-Event-ID") or request.query.get("after", "")


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)
