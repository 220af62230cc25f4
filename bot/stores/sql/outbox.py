"""Effects that wait to be performed, and what was last reported."""

from collections.abc import Mapping, Sequence

from bot.core.effects import Effect
from bot.model.delivery import DeliveryOutcome
from bot.ports import OutboxEntry, Reported, Settled
from bot.stores import deliveries, outbox
from bot.stores.sql.opened import Opened
from bot.stores.statements import Transaction


class Outbox(Opened):
    async def enqueue(self, effects: Sequence[Effect], handled: str = "") -> Sequence[OutboxEntry]:
        def order(transaction: Transaction) -> Sequence[OutboxEntry]:
            if handled:
                deliveries.settle(transaction, [Settled(handled, DeliveryOutcome.DONE)])
            return outbox.write(transaction, "", effects)

        return await self._writer.write(order)

    async def pending_effects(self, due_before: float) -> list[OutboxEntry]:
        return await self._reader.read(lambda transaction: outbox.pending(transaction, due_before))

    async def settle_effect(self, key: str, stamp: int) -> bool:
        return await self._writer.write(lambda transaction: outbox.settle(transaction, key, stamp))

    async def postpone_effect(self, key: str, stamp: int, due: float, attempts: int) -> None:
        await self._writer.write(lambda transaction: outbox.postpone(transaction, key, stamp, due, attempts))

    async def reported(self, keys: Sequence[str]) -> Mapping[str, Reported]:
        return await self._reader.read(lambda transaction: outbox.read_reported(transaction, keys))

    async def set_reported(self, values: Mapping[str, Reported]) -> None:
        await self._writer.write(lambda transaction: outbox.write_reported(transaction, values))
