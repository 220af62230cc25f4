"""Having a host send again what it could not deliver: so pushes come with who pushed, and comments and buttons come at all."""

import asyncio
from collections.abc import Collection, Sequence

import structlog

from bot.model.repository import Repository
from bot.ports import Redeliveries, Store
from bot.runtime.missed.overtaken import Overtaken

log = structlog.get_logger(__name__)

ARRIVAL = 30.0
"""Seconds for which those that were asked for are awaited, before it is looked what else there is."""

FIRST_LOOK = 0.02
LONGEST_PAUSE = 1.0


class AskingAgain:
    """`overtaken` is told which deliveries come late."""

    def __init__(self, store: Store, overtaken: Overtaken) -> None:
        self._store = store
        self._overtaken = overtaken

    async def once(self, redeliveries: Redeliveries, repositories: Sequence[Repository], url: str) -> int:
        """Ask for all that is not in the inbox, in order, and wait until it has come; how many that were. Raises ProviderError."""
        failed = await redeliveries.failed(repositories, url)
        known = await self._store.known_deliveries([one.key for one in failed])
        wanted = [one for one in failed if one.key not in known]
        for one in wanted:
            self._overtaken.expect(one.key)
            await redeliveries.ask_again(one)
        if wanted:
            log.info("asked for deliveries again", deliveries=len(wanted))
            await self._arrived({one.key for one in wanted})
        return len(wanted)

    async def _arrived(self, keys: Collection[str]) -> None:
        pause, waited = FIRST_LOOK, 0.0
        while len(await self._store.known_deliveries(keys)) < len(keys) and waited < ARRIVAL:
            await asyncio.sleep(pause)
            waited += pause
            pause = min(LONGEST_PAUSE, pause * 2)
