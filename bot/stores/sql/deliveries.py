"""Deliveries, from their arrival to their end."""

from collections.abc import Collection, Sequence

from bot.model.delivery import Delivery
from bot.ports import Settled
from bot.stores import deliveries
from bot.stores.sql.opened import Opened


class Deliveries(Opened):
    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        return await self._arrivals.add(deliveries)

    async def pending_deliveries(self) -> list[Delivery]:
        return await self._reader.read(deliveries.pending)

    async def known_deliveries(self, keys: Collection[str]) -> set[str]:
        return await self._reader.read(lambda transaction: deliveries.known(transaction, keys))

    async def settle_deliveries(self, settled: Sequence[Settled]) -> None:
        await self._writer.write(lambda transaction: deliveries.settle(transaction, settled))

    async def forget_deliveries(self, before: float, limit: int) -> int:
        return await self._writer.write(lambda transaction: deliveries.forget(transaction, before, limit))
