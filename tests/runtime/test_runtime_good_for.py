"""The secret of one repository speaks for no other: not under its own name, nor under a name that is not its own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.model.delivery import GOOD_FOR, Delivery
from bot.model.host_event import HostEvent, Pushed
from bot.model.repository import Repository
from bot.ports import FoundRepository, HostUnavailable, Provider
from bot.runtime.good_for import Identity
from bot.runtime.homes import Homes
from bot.runtime.inbox import Inbox, Reader
from bot.runtime.names import Names
from bot.stores.memory import MemoryStore
from tests.providers.test_odd_texts import PUSHES, READ

REPLAYS = Path(__file__).parents[1] / "replays"
HOSTS = ("bitbucket", "bitbucket-dc", "github", "gitlab")


class OneHost:
    """A host that reads deliveries as the real one, and shows one repository under each name: `shown`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.shown: dict[str, str] = {}
        self.asked: list[str] = []
        self.down = 0

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        return READ[self.name](PUSHES[self.name].partition(".")[0].replace("-", ":", 1), delivery.body)

    async def complete(self, event: HostEvent) -> HostEvent:
        return event

    def learn(self, repository: Repository) -> None: ...

    async def find(self, full_name: str) -> FoundRepository | None:
        self.asked.append(full_name)
        if self.down:
            self.down -= 1
            raise HostUnavailable("it does not answer", 0.01)
        found = self.shown.get(full_name)
        return FoundRepository(Repository(self.name, found, full_name), public=True) if found else None


class World:
    def __init__(self, name: str) -> None:
        self.host = OneHost(name)
        self.store = MemoryStore()
        known: Any = {name: self.host}
        self.names = Names(self.store, known, Homes(self.store))
        self.handled: list[HostEvent] = []
        doubt = Identity(cast("dict[str, Provider]", known), self.names).doubt
        self.inbox = Inbox(self.store, cast("dict[str, Reader]", known), self._handle, doubt)
        self.body = (REPLAYS / name / f"{PUSHES[name]}.json").read_bytes()
        [event, *_] = self.host.read(Delivery(name, "0", {}, self.body, 0.0))
        assert isinstance(event, Pushed)
        self.told = event.repository

    async def deliver(self, good_for: str, identity: str = "1") -> None:
        signed = {GOOD_FOR: good_for} if good_for else {}
        await self.inbox.accept(Delivery(self.host.name, identity, signed, self.body, 1.0))
        await self.inbox.settled()

    async def _handle(self, _: Delivery, event: HostEvent) -> None:
        assert isinstance(event, Pushed)
        await self.names.heard(event.repository)
        self.handled.append(event)


@pytest.fixture(params=HOSTS)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


async def test_a_general_secret_and_one_by_id_need_no_question(world: World) -> None:
    await world.deliver("")
    await world.deliver(f"#{world.told.id}", "2")
    assert (len(world.handled), world.host.asked) == (2, [])


async def test_another_repositorys_secret_is_refused_without_a_question(world: World) -> None:
    for number, good_for in enumerate(("#0", "elsewhere/*", world.told.full_name + "x", "*x/*")):
        await world.deliver(good_for, str(number))
    assert (world.handled, world.host.asked) == ([], [])


async def test_a_name_is_believed_where_the_host_shows_it_with_that_id_and_then_known(world: World) -> None:
    owner = world.told.full_name.partition("/")[0]
    world.host.shown[world.told.full_name] = world.told.id
    await world.deliver(f"{owner.upper()}/*")
    await world.deliver(world.told.full_name, "2")
    assert (len(world.handled), world.host.asked) == (2, [world.told.full_name])


@pytest.mark.parametrize("shown", ["another", ""], ids=["another repository has the name", "nothing has it"])
async def test_its_own_name_beside_another_ones_id_is_refused(world: World, shown: str) -> None:
    """All that is done goes by the id: whoever has the secret of one could else give orders to another."""
    world.host.shown[world.told.full_name] = shown
    await world.deliver(world.told.full_name)
    assert world.handled == []
    assert not world.names.known(world.told), "nothing is learned from it"


async def test_a_repository_that_is_known_by_another_name_is_asked_for_again(world: World) -> None:
    await world.names.heard(replace(world.told, full_name="acme/before"))
    world.host.shown[world.told.full_name] = world.told.id
    await world.deliver(world.told.full_name)
    # Once for the secret, once for the name: seldom enough.
    assert (len(world.handled), world.host.asked) == (1, [world.told.full_name] * 2)


async def test_a_host_that_is_down_is_waited_for(world: World) -> None:
    world.host.shown[world.told.full_name] = world.told.id
    world.host.down = 1
    await world.deliver(world.told.full_name)
    assert (len(world.handled), len(world.host.asked)) == (1, 2)
