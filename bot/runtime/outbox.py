"""The outbox: effects that are durable are performed, at least once, the newest of each key, until they succeed.

It knows when and how often; what performing means is each performer's affair. Nothing here knows a host or an executor.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.core.effects import Effect, due
from bot.ports import (
    Clock,
    HostDown,
    HostRefused,
    HostUnavailable,
    OutboxEntry,
    StorageUnavailable,
    Store,
    StoreUnavailable,
)

log = structlog.get_logger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 300.0
GIVE_UP_AFTER = 20
"""Failures of ours after which an effect is dropped with an error in the log; a host or a store that is down is waited for without end."""

LONGEST_STORE_RETRY = 15.0
"""A store that fails (a full disk) holds everything up, and asking it costs little: it is asked more often than a host."""

Perform = Callable[[Any, str], Awaitable[bool]]
"""Performs an effect (and is told its key). True: settled already, in a transaction of its own."""

GiveUp = Callable[[Any, str, Exception], Awaitable[None]]
"""Told of an effect that is dropped, its key, and what went wrong with it: for effects that somebody waits for."""


async def _nobody_waits(_effect: object, _key: str, _error: Exception) -> None: ...


@dataclass(frozen=True, slots=True)
class Performer:
    """How one kind of effect is performed. `hold_back` says how many seconds a new order waits for a still newer one."""

    perform: Perform
    hold_back: Callable[[Any], float] = lambda _: 0.0
    give_up: GiveUp = _nobody_waits


@dataclass(slots=True)
class _Slot:
    """One key: its newest entry, the timer that will perform it, and the task that performs it."""

    entry: OutboxEntry
    held: bool = False  # by a host that does not answer
    timer: asyncio.TimerHandle | None = None
    fires: float = 0.0
    task: asyncio.Task[None] | None = None


class Outbox:
    """Give it performers by effect class, then `start`. `order` never waits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._performers: Mapping[type, Performer] = {}
        self._slots: dict[str, _Slot] = {}
        self._changed = asyncio.Event()
        self._closed = False
        self._horizon: asyncio.Task[None] | None = None
        self._doubts = 0
        self._looking: asyncio.Task[None] | None = None

    async def start(self, performers: Mapping[type[Effect], Performer]) -> None:
        """Take up what a former life left, then what is ordered from now on."""
        self._performers = performers
        await self.refresh()
        self._horizon = asyncio.create_task(self._watch_horizon())

    def order(self, entries: Sequence[OutboxEntry]) -> None:
        """Perform these as soon as they are due. An entry replaces an older one of its key that has not begun."""
        now = self._clock.now()
        for entry in entries:
            if entry.due > now + HORIZON:
                continue  # durable; `_watch_horizon` brings it in time
            self._schedule(entry, self._delay(entry))

    def doubt(self) -> None:
        """Effects may have been ordered without being told of (by a write that failed, say): they are looked for as soon as the store can
        be read.
        """
        self._doubts += 1
        if self._looking is None and not self._closed:
            self._looking = asyncio.create_task(self._look())

    def _delay(self, entry: OutboxEntry) -> float:
        hold_back = self._performers[type(entry.effect)].hold_back(entry.effect)
        return max(entry.due - self._clock.now(), hold_back)

    @property
    def depth(self) -> int:
        """How many effects are being performed or about to be; far-off deadlines do not count."""
        now = self._clock.now()
        pending = sum(slot.task is not None or due(slot.entry.effect) <= now for slot in self._slots.values())
        return pending + (self._looking is not None)

    async def settled(self) -> None:
        """Wait until nothing is being performed or about to be."""
        while self.depth:
            self._changed.clear()
            await self._changed.wait()

    async def flushed(self, kinds: tuple[type[Effect], ...], within: float) -> None:
        """Wait until no effect of these kinds is pending, at most so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while any(isinstance(slot.entry.effect, kinds) for slot in self._slots.values()) and loop.time() < until:
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), until - loop.time())

    async def close(self) -> None:
        """Stop performing. What was not settled is performed in the next life."""
        self._closed = True
        background = [task for task in (self._horizon, self._looking) if task]
        tasks = [slot.task for slot in self._slots.values() if slot.task] + background
        for slot in self._slots.values():
            if slot.timer:
                slot.timer.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._slots.clear()

    def _schedule(self, entry: OutboxEntry, delay: float) -> None:
        if self._closed:
            return
        slot = self._slots.get(entry.key)
        if slot is None:
            slot = self._slots[entry.key] = _Slot(entry)
        slot.entry = entry
        if slot.task is not None:
            return  # it is being performed; the newer order follows when that is done
        loop = asyncio.get_running_loop()
        fires = loop.time() + delay
        if slot.timer is not None:
            if slot.fires <= fires:
                return
            slot.timer.cancel()
        slot.fires = fires
        slot.timer = loop.call_at(fires, self._begin, slot)

    def _begin(self, slot: _Slot) -> None:
        slot.timer = None
        slot.task = asyncio.create_task(self._perform(slot))

    async def _perform(self, slot: _Slot) -> None:
        entry, held = slot.entry, slot.held
        retry: OutboxEntry | None = None
        try:
            if not await self._perform_once(entry) and slot.entry.stamp == entry.stamp:
                self.doubt()  # what is stored is newer than all that has been told: a read may be older than the order it replaced
            slot.held = False
        except Exception as error:  # noqa: BLE001  whatever it was, the effect is tried again
            slot.held = isinstance(error, HostUnavailable)
            retry = await self._postpone(entry, error)
        self._after(slot, entry, retry)
        if held and retry is None:
            self._hasten()

    async def _perform_once(self, entry: OutboxEntry) -> bool:
        """False: it was ordered anew since."""
        settled = False
        try:
            settled = await self._performers[type(entry.effect)].perform(entry.effect, entry.key)
        except HostRefused as error:
            # The host understood and will not: nothing is mended by asking again.
            log.warning("effect refused", effect=entry.key, error=str(error))
        return settled or await self._store.settle_effect(entry.key, entry.stamp)

    def _after(self, slot: _Slot, entry: OutboxEntry, retry: OutboxEntry | None) -> None:
        slot.task = None
        if slot.entry.stamp != entry.stamp:
            self._schedule(slot.entry, self._delay(slot.entry))
        elif retry is not None:
            self._schedule(retry, retry.due - self._clock.now())
        else:
            del self._slots[entry.key]
            self._changed.set()

    def _hasten(self) -> None:
        """A host is back: what it held back follows in order. To one that is still down this is no call."""
        held = [slot for slot in self._slots.values() if slot.held and slot.timer is not None]
        for slot in sorted(held, key=lambda slot: slot.entry.stamp):
            assert slot.timer is not None  # noqa: S101  chosen by it
            slot.timer.cancel()
            self._begin(slot)

    async def _postpone(self, entry: OutboxEntry, error: Exception) -> OutboxEntry | None:
        if isinstance(error, HostDown):
            # Not its own failure, and nothing to write down: after a crash the host is asked again, at once.
            return replace(entry, due=self._clock.now() + error.retry_after)
        ours = not isinstance(error, HostUnavailable | StoreUnavailable)
        known = not ours or isinstance(error, StorageUnavailable)
        attempts = entry.attempts + 1
        if ours and attempts > GIVE_UP_AFTER and await self._drop(entry, error):
            return None
        delay = retry_after(error, attempts)
        log.warning(
            "effect postponed", effect=entry.key, attempts=attempts, seconds=delay, error=str(error), exc_info=not known
        )
        due = self._clock.now() + delay
        try:
            await self._store.postpone_effect(entry.key, entry.stamp, due, attempts)
        except Exception as unwritten:  # noqa: BLE001  it is still in the store, due sooner: nothing is lost
            log.warning("postponement not written", effect=entry.key, error=str(unwritten))
        return OutboxEntry(entry.key, entry.effect, entry.lane, due, attempts, entry.stamp)

    async def _drop(self, entry: OutboxEntry, error: Exception) -> bool:
        """False: not even that could be done, so it is tried once more."""
        log.error("effect dropped", effect=entry.key, attempts=entry.attempts, error=repr(error))
        try:
            await self._performers[type(entry.effect)].give_up(entry.effect, entry.key, error)
            await self._store.settle_effect(entry.key, entry.stamp)
        except Exception:
            log.exception("effect not dropped", effect=entry.key)
            return False
        return True

    async def refresh(self) -> None:
        """Bring in what falls due in the next while: at start everything left over, later the far-off deadlines."""
        self.order(await self._store.pending_effects(self._clock.now() + HORIZON))

    async def _look(self) -> None:
        failures = 0
        while self._doubts:
            looked = self._doubts
            try:
                await self.refresh()
                self._doubts -= looked
            except StoreUnavailable as error:
                failures += 1
                await asyncio.sleep(retry_after(error, failures))
        self._looking = None
        self._changed.set()

    async def _watch_horizon(self) -> None:
        while True:
            await asyncio.sleep(HORIZON / 2)
            try:
                await self.refresh()
            except Exception:
                log.exception("outbox not read")  # a store that fails now is asked again


HORIZON = 600.0
"""Seconds ahead for which timers are kept in memory; what is due later stays in the store."""


def backoff(attempts: int, at_least: float = 0.0, longest: float = LONGEST_RETRY) -> float:
    """Seconds to wait after so many failures: doubled each time, with jitter, never less than the host asked for."""
    delay = min(longest, FIRST_RETRY * 2.0 ** min(attempts - 1, 20))
    return max(at_least, delay * (0.5 + random.random() / 2))  # noqa: S311  jitter is no secret


def retry_after(error: Exception, attempts: int) -> float:
    """Seconds after which to try again what has failed so often, the last time with this."""
    if isinstance(error, StoreUnavailable):
        return backoff(attempts, longest=LONGEST_STORE_RETRY)
    return backoff(attempts, error.retry_after if isinstance(error, HostUnavailable) else 0.0)
