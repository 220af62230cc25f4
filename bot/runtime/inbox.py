"""The inbox: deliveries are kept before they are acknowledged, then handled, each once, those of one ref in order.

What a delivery means is read by its provider, what follows from it is `bot.runtime.intake`'s affair.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog

from bot.model.delivery import GOOD_FOR, Delivery, DeliveryOutcome
from bot.model.host_event import (
    HostEvent,
    Ignored,
    Pinged,
)
from bot.ports import HostUnavailable, ProviderError, Reading, Store, StoreUnavailable, no_space
from bot.runtime.apart import NotRead, read_apart
from bot.runtime.good_for import spoken_for
from bot.runtime.inbox_lines import Item, Opened, line_of
from bot.runtime.outbox import retry_after
from bot.runtime.settlements import Settlements

log = structlog.get_logger(__name__)

Handle = Callable[[Delivery, HostEvent], Awaitable[None]]

Doubt = Callable[[Delivery, HostEvent], Awaitable[str]]
"""Why an event is not to be believed, "" when it is. Raises ProviderError when the host can't say."""

AT_ONCE = 16
"""Deliveries handled side by side."""

LARGE = 1 << 20
"""Bytes from which a delivery is read beside the event loop: one of 25 MB would hold everything up for half a second."""

GIVE_UP_AFTER = 8
"""Failures of ours after which a delivery is recorded as failed; a host or a store that is down is waited for without end."""


_Arrived = tuple[Delivery, "asyncio.Future[bool]"]
"""A delivery that came in, and who waits until it is kept."""


class Reader(Protocol):
    """Whoever can read deliveries: a host's provider, and the pipelines' own webhooks. See `bot.ports.Provider`."""

    def read(self, delivery: Delivery) -> Sequence[HostEvent]: ...

    @property
    def reading(self) -> Reading | None:
        """`read` as a function that can be handed to another process, where there is one."""

    async def complete(self, event: HostEvent) -> HostEvent: ...


class Inbox:
    """`accept` is done when the delivery is durable; handling goes on behind it. `readers` by what deliveries call their provider."""

    def __init__(self, store: Store, readers: Mapping[str, Reader], handle: Handle, doubt: Doubt) -> None:
        self._store = store
        self._readers = readers
        self._handle = handle
        self._doubt = doubt
        self._unread: dict[str, deque[Delivery]] = {}
        self._lines: dict[str, deque[Item]] = {}
        self._arrived: list[_Arrived] = []
        self._keeping: set[asyncio.Task[None]] = set()
        self._unsure: set[str] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._settlements = Settlements(store)

    async def start(self) -> None:
        """Take up what was acknowledged but not handled."""
        for delivery in await self._store.pending_deliveries():
            self._line_up(delivery)

    def accept(self, delivery: Delivery) -> "asyncio.Future[bool]":
        """Keep a delivery: done once it is durable, with False when it was seen before, and so does nothing.

        What comes in one turn of the event loop is kept with one call. Who no longer waits takes nothing back.
        """
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bool] = loop.create_future()
        self._arrived.append((delivery, kept))
        if len(self._arrived) == 1:
            loop.call_soon(self._keep_arrived)
        return kept

    async def settled(self) -> None:
        """Wait until every delivery has been handled."""
        while tasks := [*self._keeping, *self._tasks]:
            await asyncio.wait(tasks)
        await self._settlements.written()

    async def close(self) -> None:
        """Stop handling. What was not settled is handled in the next life."""
        tasks = [*self._keeping, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settlements.close()

    @property
    def depth(self) -> int:
        return sum(map(len, self._unread.values())) + sum(map(len, self._lines.values()))

    def _keep_arrived(self) -> None:
        arrived, self._arrived = self._arrived, []
        task = asyncio.create_task(self._keep(arrived))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep(self, arrived: Sequence[_Arrived]) -> None:
        try:
            added = await self._store.add_deliveries([delivery for delivery, _ in arrived])
        except BaseException as error:
            # They may be written all the same. Sent again, they will be no repetition: nobody has handled them.
            self._unsure.update(delivery.key for delivery, _ in arrived)
            if isinstance(error, StoreUnavailable) and len(arrived) > 1:
                for one in arrived:  # one too large for the disk, say: only that one is to fail
                    await self._keep([one])
                return
            _fail(arrived, error)
            if not isinstance(error, Exception):
                raise
            return
        for (delivery, kept), new in zip(arrived, added, strict=True):
            self._kept(delivery, kept, new=new)

    def _kept(self, delivery: Delivery, kept: "asyncio.Future[bool]", *, new: bool) -> None:
        if self._unsure and delivery.key in self._unsure:
            self._unsure.discard(delivery.key)
            new = True
        if not kept.done():
            kept.set_result(new)
        if new:
            self._line_up(delivery)

    def _line_up(self, delivery: Delivery) -> None:
        """Read it, and put its events into their lines. A provider's deliveries are read in the order in which they came: a
        large one beside the loop, and what comes behind it waits for that.
        """
        unread = self._unread.get(delivery.provider)
        if unread is not None:
            unread.append(delivery)
        elif len(delivery.body) <= LARGE:
            self._put_in_line(delivery, self._read(delivery))
        else:
            self._unread[delivery.provider] = deque([delivery])
            self._begin(self._read_on(delivery.provider))

    async def _read_on(self, provider: str) -> None:
        unread = self._unread[provider]
        while unread:
            delivery = unread[0]
            large = len(delivery.body) > LARGE
            events = await asyncio.to_thread(self._read_large, delivery) if large else self._read(delivery)
            unread.popleft()
            self._put_in_line(delivery, events)
        del self._unread[provider]

    def _put_in_line(self, delivery: Delivery, events: Sequence[HostEvent]) -> None:
        if good_for := delivery.headers.get(GOOD_FOR, ""):
            events = [spoken_for(event, good_for) for event in events]
        items = [event for event in events if not isinstance(event, Ignored | Pinged)]
        if not items:
            self._settle_unhandled(delivery.key, events)
            return
        opened = Opened(delivery.key, len(items))
        for number, event in enumerate(items):
            part = replace(delivery, id=f"{delivery.id}:{number}") if number else delivery
            self._stand_in_line(Item(opened, part, event))

    def _settle_unhandled(self, key: str, events: Sequence[HostEvent]) -> None:
        reasons = [event.reason for event in events if isinstance(event, Ignored)]
        if len(reasons) == len(events):
            reason = "; ".join(dict.fromkeys(reasons)) or "it tells of nothing"
            self._settlements.add(key, DeliveryOutcome.IGNORED, reason)
        else:
            self._settlements.add(key, DeliveryOutcome.DONE, "ping")

    def _stand_in_line(self, item: Item) -> None:
        key = line_of(item.delivery, item.event)
        if key in self._lines:
            self._lines[key].append(item)
            return
        self._lines[key] = deque([item])
        self._begin(self._work(key))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read(self, delivery: Delivery) -> Sequence[HostEvent]:
        reader = self._readers.get(delivery.provider)
        if reader is None:
            return (Ignored(f"the host {delivery.provider} is no longer configured"),)
        return reader.read(delivery)

    def _read_large(self, delivery: Delivery) -> Sequence[HostEvent]:
        """In a thread: by another process where that can be, since a parser would hold this one's interpreter."""
        reading = self._readers[delivery.provider].reading if delivery.provider in self._readers else None
        if reading is not None:
            try:
                return read_apart(reading, delivery)
            except NotRead as error:
                log.warning("large delivery read here", delivery=delivery.key, reason=str(error))
        return self._read(delivery)

    async def _work(self, key: str) -> None:
        line = self._lines[key]
        while line:
            item = line[0]
            item.of.ended(*await self._handled(item))
            if not item.of.left:
                self._settlements.add(item.of.key, item.of.outcome, item.of.reason)
            line.popleft()
        del self._lines[key]

    async def _handled(self, item: Item) -> tuple[DeliveryOutcome, str]:
        """Handle the event, however long it takes."""
        failures = 0
        while True:
            try:
                async with self._places:
                    if doubt := await self._doubt(item.delivery, item.event):
                        return DeliveryOutcome.IGNORED, doubt
                    event = await self._readers[item.delivery.provider].complete(item.event)
                    await self._handle(item.delivery, event)
            except Exception as error:
                failures += 1
                passing = isinstance(error, HostUnavailable | StoreUnavailable) or no_space(error, "the repositories")
                ours = not passing
                log.warning(
                    "delivery not handled",
                    delivery=item.delivery.key,
                    failures=failures,
                    error=str(error),
                    exc_info=ours and not isinstance(error, ProviderError),
                )
                if ours and failures >= GIVE_UP_AFTER:
                    return DeliveryOutcome.FAILED, repr(error)
                await asyncio.sleep(retry_after(error, failures))
            else:
                return DeliveryOutcome.DONE, ""


def _fail(arrived: Sequence[_Arrived], error: BaseException) -> None:
    for _, kept in arrived:
        if not kept.done() and isinstance(error, Exception):
            kept.set_exception(error)
        else:
            kept.cancel()
