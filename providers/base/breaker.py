"""A host that is down, or limits our rate, is left alone: one call at a time tries whether it is back, ever more rarely. Knows no host.

A call that is refused here costs nothing, and says when to come back. What was to be told is kept by whoever called.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from bot.ports import HostDown, HostUnavailable, ProviderError
from providers.base.health import Health
from providers.base.limits import RateLimited

log = structlog.get_logger(__name__)

FAILURES = 3
"""One after the other, with no answer in between, and the host is down: fewer may be an address or an answer that is broken."""

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
"""Seconds until the host is tried again: doubled from the one to the other, with jitter."""

BEHIND = 1.0
"""Seconds by which a call that failed stands behind the others: it may fail for a reason of its own, and they do not."""


class Breaker:
    """Stands before every call to one host. `now` is any clock that does not jump, in seconds."""

    def __init__(self, host: str, now: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._now = now
        self._failures = 0
        self._closed_until = 0.0
        self._down_since: float | None = None
        self._limited = False
        self._trial: asyncio.Event | None = None
        self.health = Health()

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Make one call inside. Raises HostDown or RateLimited, and no call is to be made, while the host is left alone."""
        try:
            trial = await self._enter()
        except HostUnavailable:
            self.health.calls["held back"] += 1
            raise
        try:
            yield
        except HostUnavailable as error:
            self._failed(error)
            error.host = error.host or self._host
            if self._down_since is None or isinstance(error, RateLimited):
                raise
            raise HostDown(str(error), max(0.0, self._closed_until - self._now()) + BEHIND, host=self._host) from None
        except ProviderError:
            self._answered("refused")  # which is an answer, too
            raise
        else:
            self._answered("answered")
        finally:
            if trial is not None:
                self._trial = None
                trial.set()

    async def _enter(self) -> asyncio.Event | None:
        """The call that tries whether the host is back gets an event, for which those that come meanwhile wait."""
        while self._down_since is not None or self._limited:
            wait = self._closed_until - self._now()
            if wait > 0 and self._limited:
                raise RateLimited(self._host, wait)
            if wait > 0:
                raise HostDown(
                    f"{self._host} does not answer; it is tried again in {wait:.0f} s", wait, host=self._host
                )
            if self._trial is None:
                self._trial = asyncio.Event()
                return self._trial
            await self._trial.wait()
        return None

    def _failed(self, error: HostUnavailable) -> None:
        self.health.calls["limited" if isinstance(error, RateLimited) else "failed"] += 1
        if isinstance(error, RateLimited):
            self._limited = self.health.limited = True
            self._closed_until = max(self._closed_until, self._now() + error.retry_after)
            return
        if self._now() < self._closed_until:
            return  # under way since before the host was given up
        self._failures += 1
        if self._failures < FAILURES:
            return
        if self._down_since is None:
            self._down_since = self._now()
            self.health.up = False
            log.warning("host is down", host=self._host, error=str(error))
        self._closed_until = self._now() + self._wait(error.retry_after)

    def _wait(self, at_least: float) -> float:
        doubled = FIRST_WAIT * 2.0 ** min(self._failures - FAILURES, 10)
        return max(at_least, min(LONGEST_WAIT, doubled) * (0.5 + random.random() / 2))  # noqa: S311  jitter is no secret

    def _answered(self, outcome: str) -> None:
        self.health.calls[outcome] += 1
        if self._now() < self._closed_until:
            return  # asked before it was left alone: what it says of now is nothing
        if self._down_since is not None:
            log.info("host is back", host=self._host, seconds=round(self._now() - self._down_since))
        self._failures, self._down_since, self._limited = 0, None, False
        self.health.up, self.health.limited = True, False
