"""The inbox by itself: deliveries that come together, and large ones."""

import asyncio
import errno
import os
import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest

from bot.model.delivery import Delivery
from bot.model.host_event import HostEvent, Pushed
from bot.model.people import Person
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import NoSpace, Provider, Reading, StoreUnavailable
from bot.runtime.inbox import GIVE_UP_AFTER, LARGE, Inbox
from bot.stores.memory import MemoryStore


class Reader:
    """A provider that says in which thread it read. A large delivery is not read before `go_on`."""

    reading: Reading | None = None

    def __init__(self) -> None:
        self.threads: dict[str, int] = {}
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        self.threads[delivery.id] = threading.get_ident()
        if len(delivery.body) > LARGE:
            self.begun.set()
            assert self.go_on.wait(30)
        ref = Ref(RefKind.BRANCH, delivery.headers["branch"])
        return (Pushed(Repository("fake", "1", "acme/web"), ref, None, None, Person("ada"), "main"),)

    async def complete(self, event: HostEvent) -> HostEvent:
        return event


class World:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.reader = Reader()
        self.handled: list[str] = []
        self.events: list[HostEvent] = []
        self.failures: list[Exception] = []
        provider = cast("Provider", self.reader)
        self.inbox = Inbox(store or MemoryStore(), {"fake": provider, "other": provider}, self._handle, self._believe)

    async def _believe(self, *_: object) -> str:
        return ""

    async def _handle(self, delivery: Delivery, event: HostEvent) -> None:
        if self.failures:
            raise self.failures.pop()
        self.handled.append(delivery.id)
        self.events.append(event)


def delivery(name: str, body: bytes = b"{}", branch: str = "main", provider: str = "fake") -> Delivery:
    return Delivery(provider, name, {"branch": branch}, body, 1.0)


async def test_a_large_delivery_is_read_in_a_thread_and_what_came_after_it_stays_behind_it() -> None:
    world = World()
    assert await world.inbox.accept(delivery("small"))
    assert await world.inbox.accept(delivery("large", b"x" * (LARGE + 1)))
    assert await world.inbox.accept(delivery("after"))
    assert await world.inbox.accept(delivery("elsewhere", branch="topic", provider="other"))
    assert await asyncio.to_thread(world.reader.begun.wait, 30)
    assert world.inbox.depth >= 2  # the loop is free to say so while the large one is being read
    assert "after" not in world.reader.threads
    world.reader.go_on.set()
    await world.inbox.settled()
    assert [name for name in world.handled if name != "elsewhere"] == ["small", "large", "after"]
    assert "elsewhere" in world.handled
    ours = threading.get_ident()
    assert {name: thread == ours for name, thread in world.reader.threads.items()} == {
        "small": True,
        "large": False,
        "after": True,
        "elsewhere": True,
    }


def pushed_by(login: str) -> Sequence[HostEvent]:
    ref = Ref(RefKind.BRANCH, "main")
    return (Pushed(Repository("fake", "1", "acme/web"), ref, None, None, Person(login), "main"),)


def tell_process(delivery: Delivery) -> Sequence[HostEvent]:
    return pushed_by(f"{os.getpid()} {len(delivery.body)}")


def die(delivery: Delivery) -> Sequence[HostEvent]:
    os._exit(3)


async def test_a_large_delivery_is_read_by_a_process_of_its_own() -> None:
    """In a thread its parser would hold the interpreter, and so the event loop."""
    world = World()
    world.reader.reading = tell_process
    assert await world.inbox.accept(delivery("large", b"x" * (LARGE + 1)))
    await world.inbox.settled()
    [event] = world.events
    assert isinstance(event, Pushed)
    assert event.by is not None
    process, size = event.by.login.split()
    assert (int(process) != os.getpid(), int(size)) == (True, LARGE + 1)
    assert world.reader.threads == {}


async def test_where_that_process_ends_without_an_answer_it_is_read_here() -> None:
    world = World()
    world.reader.reading = die
    world.reader.go_on.set()
    assert await world.inbox.accept(delivery("large", b"x" * (LARGE + 1)))
    await world.inbox.settled()
    assert world.handled == ["large"]
    assert list(world.reader.threads) == ["large"]


class Counting(MemoryStore):
    """Counts the calls, and has no room for one of the deliveries."""

    def __init__(self, too_large: str = "") -> None:
        super().__init__()
        self.calls = 0
        self._too_large = too_large

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        self.calls += 1
        if any(each.id == self._too_large for each in deliveries):
            raise StoreUnavailable("the disk is full")
        return await super().add_deliveries(deliveries)


async def test_what_comes_in_one_turn_of_the_loop_is_kept_with_one_call() -> None:
    store = Counting()
    world = World(store)
    new = await asyncio.gather(*(world.inbox.accept(delivery(str(number % 5))) for number in range(10)))
    assert new == [True] * 5 + [False] * 5
    assert store.calls == 1
    await world.inbox.settled()
    assert world.handled == ["0", "1", "2", "3", "4"]


async def test_one_that_can_not_be_kept_harms_no_other_of_its_turn() -> None:
    world = World(Counting(too_large="2"))
    asked: list[Any] = [world.inbox.accept(delivery(str(number))) for number in range(4)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [each for each in told if each is not True] == [told[2]]
    assert isinstance(told[2], StoreUnavailable)
    await world.inbox.settled()
    assert world.handled == ["0", "1", "3"]


async def test_what_may_have_been_kept_when_the_store_failed_is_no_repetition_when_it_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its host was told that it was not kept, and nobody has handled it."""
    store = MemoryStore()
    world, really = World(store), store.add_deliveries

    async def written_all_the_same(deliveries: Sequence[Delivery]) -> Sequence[bool]:
        await really(deliveries)
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as down:
        down.setattr(store, "add_deliveries", written_all_the_same)
        with pytest.raises(StoreUnavailable):
            await world.inbox.accept(delivery("one"))
    assert [await world.inbox.accept(delivery("one")) for _ in range(2)] == [True, False]
    await world.inbox.settled()
    assert world.handled == ["one"]


async def test_who_no_longer_waits_takes_nothing_back() -> None:
    world = World()
    asked = world.inbox.accept(delivery("1"))
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not await world.inbox.accept(delivery("1"))
    await world.inbox.settled()
    assert world.handled == ["1"]


@pytest.mark.parametrize("error", [NoSpace("the repositories"), OSError(errno.ENOSPC, "No space left on device")])
async def test_a_delivery_waits_for_room_however_often_it_met_a_full_device(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.inbox.retry_after", lambda *_: 0.0)
    world = World()
    world.failures = [error] * (GIVE_UP_AFTER + 1)
    assert await world.inbox.accept(delivery("1"))
    await world.inbox.settled()
    assert world.handled == ["1"]
