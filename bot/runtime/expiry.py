"""What ends because its time is over: an approval that nobody gave. When that is, the decision that asked for it has said."""

from bot.core.effects import WakeAt
from bot.core.events import ApprovalExpired
from bot.ports import Clock
from bot.runtime.engine import Engine


class Expiry:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def wake(self, effect: WakeAt, key: str) -> bool:
        found = await self._engine.execution(effect.execution)
        if found is None:
            return False
        event = ApprovalExpired(
            id=key,
            at=self._clock.now(),
            execution=effect.execution,
            stage=effect.stage,
            action=effect.action,
            attempt=effect.attempt,
        )
        await self._engine.tell(found[0].lane, event, (key,))
        return True
