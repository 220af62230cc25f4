"""Environments at work: one claim or departure at a time each. Decide, commit with the answers, hand the answers out.

What is decided is the core's affair; a lane is told the answer as it is told any other event.
"""

import asyncio

from bot.core.effects import AnswerClaim, ClaimEnvironment, LeaveEnvironment
from bot.core.environment import decide_environment
from bot.core.events import EnvironmentAnswered
from bot.ports import Clock, EnvironmentCommit, Store
from bot.runtime.engine import Engine, Ordered


class Environments:
    """Performs `ClaimEnvironment`, `LeaveEnvironment` and `AnswerClaim`. Nothing of an environment is kept in memory."""

    def __init__(self, store: Store, engine: Engine, outbox: Ordered, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._outbox = outbox
        self._clock = clock
        self._turn = asyncio.Lock()

    async def tell(self, effect: ClaimEnvironment | LeaveEnvironment, _key: str) -> bool:
        """Harmless when done already: then nothing changes, and whoever was to be answered has been, durably."""
        async with self._turn:
            state = await self._store.load_environment(effect.environment)
            decision = decide_environment(state, effect)
            if decision.state is state:
                return False
            commit = EnvironmentCommit(state, decision.state, decision.answers)
            entries = await self._store.commit_environment(commit)
        self._outbox.order(entries)
        return False

    async def answer(self, effect: AnswerClaim, _key: str) -> bool:
        event = EnvironmentAnswered(
            id=f"{effect.ticket}:{effect.version}",
            at=self._clock.now(),
            execution=effect.execution,
            ticket=effect.ticket,
            granted=effect.granted,
            holder=effect.holder,
            ahead=effect.ahead,
        )
        await self._engine.tell(effect.lane, event)
        return False
