"""The secrets of repositories, as the running bot has them at hand: the settings', and what `penstock connect` has kept, which counts at once.

A delivery that no known secret has signed is the moment to look for new ones. Strangers can't make that a burden: however many ask, it is
looked a few times a second at most. What has been taken back is noticed within a minute.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.model.host_secret import HostSecret
from bot.ports import ArtifactError, Clock, StoreUnavailable
from bot.security.kept import Vault, WebhookSecretKept

log = structlog.get_logger(__name__)

SOONEST = 0.2
"""Seconds between two looks that are asked for. Who asks sooner waits, and shares the next one with all who do."""

EVERY = 60.0
"""Seconds between two looks that nobody asks for."""


class ConnectedSecrets:
    """A `bot.ports.HostSecrets`. `given` are those of the settings, by host: they stay as they are."""

    def __init__(self, vault: Vault, clock: Clock, given: Mapping[str, tuple[HostSecret, ...]]) -> None:
        self._vault = vault
        self._clock = clock
        self._given = dict(given)
        self._known = dict(given)
        self._looked = float("-inf")
        self._next: asyncio.Task[None] | None = None

    def of(self, provider: str) -> Sequence[HostSecret]:
        return self._known.get(provider, ())

    async def refresh(self) -> bool:
        before = self._known
        if self._next is None:
            self._next = asyncio.create_task(self._look_soon())
        await asyncio.shield(self._next)
        return self._known is not before

    async def keep_fresh(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self._look()

    async def load(self) -> None:
        """For a start, which must not go on without them. Raises what `Vault.webhook_secrets` does."""
        self._sort(await self._vault.webhook_secrets())

    async def _look_soon(self) -> None:
        """Who asks once it has begun to look may mean something that is not there yet, and gets a look of their own."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._looked + SOONEST - now()))
        self._looked, self._next = now(), None
        await self._look()

    async def _look(self) -> None:
        try:
            self._sort(await self._vault.webhook_secrets())
        except (StoreUnavailable, ArtifactError) as error:
            log.warning("connected repositories' secrets not read", error=str(error))

    def _sort(self, kept: Sequence[WebhookSecretKept]) -> None:
        now = self._clock.now()
        found = dict(self._given)
        for one in kept:
            if not one.ends or one.ends > now:
                secret = HostSecret(one.value, f"#{one.repository.id}")
                found[one.repository.provider] = (*found.get(one.repository.provider, ()), secret)
        if found != self._known:
            self._known = found
