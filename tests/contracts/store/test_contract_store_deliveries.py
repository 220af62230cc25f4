"""Deliveries, from their arrival to their end, as every store keeps them."""

import asyncio
import math
from dataclasses import replace
from itertools import product

import pytest

from bot.core.effects import Report
from bot.core.events import StopRequested
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.repository import Ref, RefKind
from bot.ports import Settled, Store
from tests.stores.told import Told, add, delivery, lane_key

PULL = Ref(RefKind.PULL_REQUEST, "3")


async def test_a_delivery_is_handed_out_as_it_came_until_it_is_settled(store: Store) -> None:
    first = Delivery("github", "1", {"x-github-event": "push", "content-type": "a; b=ü"}, b"\x00\xff{}", 1.25)
    second, third = delivery("0"), delivery("2", body=b"")
    for each in (first, second, third):
        assert await add(store, each)
    assert await store.pending_deliveries() == [first, second, third]

    await store.settle_deliveries([Settled(first.key, DeliveryOutcome.DONE)])
    await store.settle_deliveries([Settled(third.key, DeliveryOutcome.IGNORED, "Nobody asked.")])
    assert await store.pending_deliveries() == [second]
    await store.settle_deliveries([Settled(second.key, DeliveryOutcome.FAILED, "It broke.")])
    assert await store.pending_deliveries() == []


async def test_a_delivery_is_settled_with_the_effects_that_answer_it(store: Store) -> None:
    first, second = delivery("1"), delivery("2")
    for each in (first, second):
        await add(store, each)
    await store.enqueue([Report("x1")], first.key)
    assert await store.pending_deliveries() == [second]
    assert await store.enqueue([], second.key) == []
    assert await store.pending_deliveries() == []
    assert [entry.key for entry in await store.pending_effects(math.inf)] == ["report:x1"]


async def test_a_lane_knows_what_it_was_told_also_what_it_declined(store: Store, told: Told) -> None:
    lane = lane_key()
    assert not await store.told(lane, "e1")
    await told.start(lane)
    declined, _ = await told.tell(lane, StopRequested("stop", 2000.0, abandon=False, execution="nobody"))
    assert declined.refusal is not None
    assert await store.told(lane, "e1")
    assert await store.told(lane, "stop")
    assert not await store.told(lane, "sto")
    assert not await store.told(lane_key(PULL), "e1")


async def test_a_delivery_id_counts_once_a_provider_also_after_it_was_settled(store: Store) -> None:
    assert await add(store, delivery("1"))
    assert not await add(store, delivery("1", body=b"another"))
    assert await add(store, delivery("1", provider="gitlab"))
    await store.settle_deliveries([Settled("github:1", DeliveryOutcome.DONE)])
    assert not await add(store, delivery("1"))
    assert [each.key for each in await store.pending_deliveries()] == ["gitlab:1"]


async def test_of_one_delivery_told_many_times_at_once_one_is_new(store: Store) -> None:
    added = await asyncio.gather(*(add(store, delivery(str(n % 3))) for n in range(60)))
    assert sum(added) == 3
    assert len(await store.pending_deliveries()) == 3


@pytest.mark.parametrize("name", ["a:b:c", "", "ü\u2028", "'; DROP TABLE deliveries; --"])
async def test_a_delivery_id_may_hold_anything(store: Store, name: str) -> None:
    assert await add(store, delivery(name))
    assert not await add(store, delivery(name))
    await store.settle_deliveries([Settled(delivery(name).key, DeliveryOutcome.DONE)])
    assert await store.pending_deliveries() == []


async def test_old_deliveries_are_forgotten_once_they_are_settled(store: Store) -> None:
    for name, at in (("waits", 1.0), ("one", 2.0), ("two", 3.0), ("three", 4.0), ("young", 90.0)):
        await add(store, replace(delivery(name), received_at=at))
    await store.settle_deliveries(
        [
            Settled(delivery(name).key, outcome)
            for name, outcome in product(("one", "two", "three", "young"), (DeliveryOutcome.DONE,))
        ]
    )
    assert await store.forget_deliveries(50.0, 2) == 2
    assert await store.forget_deliveries(50.0, 2) == 1
    assert await store.forget_deliveries(50.0, 2) == 0
    assert not await add(store, delivery("young")), "it is known still"
    assert await add(store, delivery("one")), "it is new again"
    assert [each.id for each in await store.pending_deliveries()] == ["waits", "one"]


async def test_settling_an_unknown_delivery_does_nothing(store: Store) -> None:
    await store.settle_deliveries([Settled("github:unknown", DeliveryOutcome.DONE)])
    assert await add(store, delivery("unknown"))
