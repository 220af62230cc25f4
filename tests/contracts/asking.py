"""What the provider contracts ask of a host under test: what it told, and who is there. No rule of the contract is here."""

from bot.model.host_event import (
    HostEvent,
    Thread,
    ThreadKind,
)
from bot.model.people import Person, Role
from bot.model.repository import Repository
from providers.features import has
from tests.contracts.host_under_test import HostUnderTest, SentDelivery


async def events(host: HostUnderTest) -> list[HostEvent]:
    """What came in over HTTP since last asked, through the adapter as the intake uses it."""
    return [event for sent in await host.deliveries() for event in await read(host, sent)]


async def read(host: HostUnderTest, sent: SentDelivery) -> list[HostEvent]:
    host.provider.verify(sent.headers, sent.body)
    told = host.provider.read(host.provider.delivery(sent.headers, sent.body, 1.0))
    return [await host.provider.complete(event) for event in told]


def has_feature(host: HostUnderTest, name: str) -> bool:
    return has(host.provider.name, name).has


def on(number: int) -> Thread:
    return Thread(ThreadKind.PULL_REQUEST, str(number))


def same_person(one: Person | None, other: Person) -> bool:
    return one is not None and (one.id, one.login) == (other.id, other.login)


async def a_writer(host: HostUnderTest) -> tuple[Repository, Person]:
    repository = await host.repository()
    writer = await host.person(repository, Role.WRITE)
    await host.deliveries()
    return repository, writer
