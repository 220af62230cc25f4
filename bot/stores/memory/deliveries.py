"""Deliveries, from their arrival to their end."""

from collections.abc import Collection, Sequence

from bot.model.delivery import Delivery, DeliveryOutcome
from bot.ports import (
    Settled,
)
from bot.stores.memory.tables import Tables


class Deliveries(Tables):
    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        return [self._add(delivery) for delivery in deliveries]

    def _add(self, delivery: Delivery) -> bool:
        key = (delivery.provider, delivery.id)
        if key in self._deliveries:
            return False
        self._deliveries[key] = (delivery, DeliveryOutcome.PENDING, "")
        return True

    async def pending_deliveries(self) -> list[Delivery]:
        return [delivery for delivery, outcome, _ in self._deliveries.values() if outcome is DeliveryOutcome.PENDING]

    async def known_deliveries(self, keys: Collection[str]) -> set[str]:
        return {key for key in keys if tuple(key.split(":", 1)) in self._deliveries}

    async def settle_deliveries(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            provider, _, name = one.key.partition(":")
            if (provider, name) in self._deliveries:
                self._deliveries[provider, name] = (self._deliveries[provider, name][0], one.outcome, one.reason)

    async def forget_deliveries(self, before: float, limit: int) -> int:
        settled = [key for key, (_, outcome, _) in self._deliveries.items() if outcome is not DeliveryOutcome.PENDING]
        old = [key for key in settled[:limit] if self._deliveries[key][0].received_at < before]
        for key in old:
            del self._deliveries[key]
        return len(old)
