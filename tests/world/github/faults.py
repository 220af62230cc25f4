"""Faults on order for the fake GitHub's API: what the next call meets instead of its answer, or besides it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


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


def bad_gateway() -> Fault:
    """What GitHub's front answers when what lies behind it does not: a page, no JSON."""
    return Fault(
        "answer", 502, "<html><head><title>502 Bad Gateway</title></head></html>", {"Content-Type": "text/html"}
    )


def secondary_limit(retry_after: int | None) -> Fault:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits."""
    headers = {"Content-Type": "application/json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
    return Fault("answer", 403, body, headers)


def garbage() -> Fault:
    return Fault("answer", 201, '{"id": ', {"Content-Type": "application/json"})


def reset() -> Fault:
    return Fault("reset")


def lost() -> Fault:
    return Fault("lost")


def held() -> Fault:
    return Fault("held")


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
