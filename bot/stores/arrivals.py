"""Deliveries on their way in: those that arrive while a transaction is being committed are written with one statement.

The webhook's intake is the one place where a flood must not cost a round trip through the database each.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.model.delivery import Delivery
from bot.ports import StoreUnavailable
from bot.stores import deliveries
from bot.stores.statements import Transaction
from bot.stores.writer import Writer


@dataclass(slots=True)
class _Arrival:
    """Deliveries that came together: all of them are kept, or none."""

    deliveries: Sequence[Delivery]
    are_new: "asyncio.Future[Sequence[bool]]"

    def alone(self) -> "list[_Arrival]":
        return [self]

    def tell(self, new: Sequence[bool]) -> None:
        if not self.are_new.done():
            self.are_new.set_result(new)

    def fail(self, error: BaseException) -> None:
        if not self.are_new.done():
            self.are_new.set_exception(error)


class Arrivals:
    """Belongs to one event loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._gathered: deque[_Arrival] = deque()
        self._submitted = False

    async def add(self, some: Sequence[Delivery]) -> Sequence[bool]:
        """True for each once all are on disk; False where an id was there before."""
        arrival = _Arrival(some, asyncio.get_running_loop().create_future())
        self._gathered.append(arrival)
        if not self._submitted:
            self._submitted = True
            self._submit(_Batch(self._take))
        return await arrival.are_new

    def _take(self) -> list[_Arrival]:
        """In the writer's thread. Without a lock, whose holder would have to wait for the interpreter while others wait for it:
        the flag falls before the first is taken, so that whoever comes too late for this batch submits another.
        """
        self._submitted = False
        taken = []
        while self._gathered:
            taken.append(self._gathered.popleft())
        return taken

    def _submit(self, batch: "_Batch") -> None:
        try:
            written = self._writer.submit(batch)
        except StoreUnavailable as error:
            for arrival in batch.taken():
                arrival.fail(error)
        else:
            written.add_done_callback(lambda written: self._written(batch, written))

    def _written(self, batch: "_Batch", written: "asyncio.Future[list[bool]]") -> None:
        arrivals = batch.taken()
        error = written.exception()
        if error is None:
            new = iter(written.result())
            for arrival in arrivals:
                arrival.tell(list(islice(new, len(arrival.deliveries))))
        elif len(arrivals) == 1:
            arrivals[0].fail(error)
        else:  # one too large for the disk, say: only that one is to fail
            for arrival in arrivals:
                self._submit(_Batch(arrival.alone))


class _Batch:
    """Takes what has gathered when the writer comes to it; the same again when the writer has to begin anew."""

    def __init__(self, take: Callable[[], list[_Arrival]]) -> None:
        self._take = take
        self._taken: list[_Arrival] | None = None

    def taken(self) -> list[_Arrival]:
        if self._taken is None:
            self._taken = self._take()
        return self._taken

    def __call__(self, transaction: Transaction) -> list[bool]:
        return deliveries.add(transaction, [each for arrival in self.taken() for each in arrival.deliveries])
