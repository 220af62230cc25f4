"""Effects that wait to be performed, and what was last reported."""

from collections.abc import Mapping, Sequence

from bot.core.effects import Effect
from bot.model.delivery import DeliveryOutcome
from bot.ports import (
    OutboxEntry,
    Reported,
    Settled,
)
from bot.stores.decided import entries
from bot.stores.memory.deliveries import Deliveries


class Outbox(Deliveries):
    async def enqueue(self, effects: Sequence[Effect], handled: str = "") -> Sequence[OutboxEntry]:
        if handled:
            await self.settle_deliveries([Settled(handled, DeliveryOutcome.DONE)])
        return self._order("", effects, ())

    async def pending_effects(self, due_before: float) -> list[OutboxEntry]:
        return [entry for entry in self._outbox.values() if entry.due < due_before]

    async def settle_effect(self, key: str, stamp: int) -> bool:
        if key not in self._outbox:
            return True
        if self._outbox[key].stamp != stamp:
            return False
        del self._outbox[key]
        return True

    async def postpone_effect(self, key: str, stamp: int, due: float, attempts: int) -> None:
        entry = self._outbox.get(key)
        if entry is not None and entry.stamp == stamp:
            self._outbox[key] = OutboxEntry(key, entry.effect, entry.lane, due, attempts, stamp)

    async def reported(self, keys: Sequence[str]) -> Mapping[str, Reported]:
        return {key: self._reported[key] for key in keys if key in self._reported}

    async def set_reported(self, values: Mapping[str, Reported]) -> None:
        self._reported.update(values)

    def _order(self, lane: str, effects: Sequence[Effect], settles: Sequence[str]) -> list[OutboxEntry]:
        ordered = entries(effects, lane)
        for key in (*settles, *(entry.key for entry in ordered)):
            self._outbox.pop(key, None)
        self._outbox.update({entry.key: entry for entry in ordered})
        return ordered
