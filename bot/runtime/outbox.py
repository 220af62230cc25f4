"""The outbox: effects that are durable are performed, at least once, the newest of each key, until they succeed.

It knows when and how often; what performing means is each performer's affair. Nothing here knows a host or an executor.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.core.effects import Effect
from bot.ports import Clock, HostRefused, HostUnavailable, OutboxEntry, Store

log = structlog.get_logger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 300.0
GIVE_UP_AFTER = 20
"""Failures of ours after which an effect is dropped with an error in the log; a host that is down is waited for without end."""

Perform = Callable[[Any, str], Awaitable[bool]]
"""Performs an effect (and is told its key). True: settled already, in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Performer:
    """How one kind of effect is performed. `hold_back` says how many seconds a new order waits for a still newer one."""

    perform: Perform
    hold_back: Callable[[Any], float] = lambda _: 0.0


@dataclass(slots=True)
class _Slot:
    """One key: its newest entry, the timer that will perform it, and the task that performs it."""

    entry: OutboxEntry
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
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._horizon: asyncio.Task[None] | None = None

    async def start(self, performers: Mapping[type[Effect], Performer]) -> None:
        """Take up what a former life left, then what is ordered from now on."""
        self._performers = performers
        self._horizon = asyncio.create_task(self._watch_horizon())
        await asyncio.sleep(0)

    def order(self, entries: Sequence[OutboxEntry]) -> None:
        """Perform these as soon as they are due. An entry replaces an older one of its key that has not begun."""
        now = self._clock.now()
        for entry in entries:
            if entry.due > now + HORIZON:
                continue  # durable; `_watch_horizon` brings it in time
            hold_back = self._performers[type(entry.effect)].hold_back(entry.effect)
            self._schedule(entry, max(entry.due - now, hold_back))

    async def settled(self) -> None:
        """Wait until nothing is being performed or about to be: for tests, and for draining."""
        while self._slots:
            self._idle.clear()
            await self._idle.wait()

    async def close(self) -> None:
        """Stop performing. What was not settled is performed in the next life."""
        self._closed = True
        tasks = [slot.task for slot in self._slots.values() if slot.task] + ([self._horizon] if self._horizon else [])
        for slot in self._slots.values():
            if slot.timer:
                slot.timer.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._slots.clear()

    @property
    def depth(self) -> int:
        return len(self._slots)

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
        entry = slot.entry
        retry: OutboxEntry | None = None
        try:
            settled = await self._performers[type(entry.effect)].perform(entry.effect, entry.key)
            if not settled:
                await self._store.settle_effect(entry.key, entry.stamp)
        except asyncio.CancelledError:
            raise
        except HostRefused as error:
            # The host understood and will not: nothing is mended by asking again.
            log.warning("effect refused", effect=entry.key, error=str(error))
            await self._store.settle_effect(entry.key, entry.stamp)
        except Exception as error:  # noqa: BLE001  whatever it was, the effect is tried again
            retry = await self._postpone(entry, error)
        self._after(slot, entry, retry)

    def _after(self, slot: _Slot, entry: OutboxEntry, retry: OutboxEntry | None) -> None:
        slot.task = None
        if slot.entry is not entry:
            self._schedule(slot.entry, 0.0)
        elif retry is not None:
            self._schedule(retry, retry.due - self._clock.now())
        else:
            del self._slots[entry.key]
            if not self._slots:
                self._idle.set()

    async def _postpone(self, entry: OutboxEntry, error: Exception) -> OutboxEntry | None:
        ours = not isinstance(error, HostUnavailable)
        attempts = entry.attempts + 1
        if ours and attempts > GIVE_UP_AFTER:
            log.error("effect dropped", effect=entry.key, attempts=attempts, error=repr(error))
            await self._store.settle_effect(entry.key, entry.stamp)
            return None
        delay = backoff(attempts, error.retry_after if isinstance(error, HostUnavailable) else 0.0)
        log.warning(
            "effect postponed", effect=entry.key, attempts=attempts, seconds=delay, error=str(error), exc_info=ours
        )
        due = self._clock.now() + delay
        await self._store.postpone_effect(entry.key, entry.stamp, due, attempts)
        return OutboxEntry(entry.key, entry.effect, entry.lane, due, attempts, entry.stamp)

    async def _watch_horizon(self) -> None:
        """Bring in what falls due in the next while: at start everything left over, later the far-off deadlines."""
        while True:
            try:
                entries = await self._store.pending_effects(self._clock.now() + HORIZON)
                self.order([entry for entry in entries if entry.key not in self._slots])
            except Exception:
                log.exception("outbox not read")  # a store that fails now is asked again
            await asyncio.sleep(HORIZON / 2)


HORIZON = 600.0
"""Seconds ahead for which timers are kept in memory; what is due later stays in the store."""


def backoff(attempts: int, at_least: float = 0.0) -> float:
    """Seconds to wait after so many failures: doubled each time, with jitter, never less than the host asked for."""
    delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** (attempts - 1))
    return max(at_least, delay * (0.5 + random.random() / 2))  # noqa: S311  jitter is no secret
