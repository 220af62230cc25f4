"""Faults on order for the API of a fake host: what the next call meets instead of its answer, or besides it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web


@dataclass
class Fault:
    """`answer` is given instead; "reset" cuts the line before anything is done, "lost" after it was done.

    A "held" call waits until `release` is set, and then is done.
    """

    kind: Literal["answer", "reset", "lost", "held"]
    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, request: web.Request) -> web.Response | None:
        """What the caller meets before anything is done; None: the call goes on."""
        if self.kind == "answer":
            return web.Response(status=self.status, body=self.body.encode(), headers=self.headers)
        if self.kind == "reset":
            return cut(request)
        if self.kind == "held":
            self.entered.set()
            await self.release.wait()
        return None


def bad_gateway() -> Fault:
    """What a host's front answers when what lies behind it does not: a page, no JSON."""
    return Fault(
        "answer", 502, "<html><head><title>502 Bad Gateway</title></head></html>", {"Content-Type": "text/html"}
    )


def garbage() -> Fault:
    return Fault("answer", 201, '{"id": ', {"Content-Type": "application/json"})


def reset() -> Fault:
    return Fault("reset")


def lost() -> Fault:
    return Fault("lost")


def held() -> Fault:
    return Fault("held")


def cut(request: web.Request) -> web.Response:
    """The line goes dead: the caller sees a reset and no answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)


@dataclass
class _Order:
    fault: Fault
    method: str
    path: str
    times: int


class Faults:
    def __init__(self) -> None:
        self._orders: list[_Order] = []

    def next(self, fault: Fault, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Order a fault for the next call whose path holds `path`."""
        self._orders.append(_Order(fault, method, path, times))
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        for order in self._orders:
            if order.times > 0 and order.method in ("", method) and order.path in path:
                order.times -= 1
                return order.fault
        return None

    def forget(self) -> None:
        self.release()
        self._orders.clear()

    def release(self) -> None:
        for order in self._orders:
            order.fault.release.set()
