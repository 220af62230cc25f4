"""A repository's webhook made or repaired, with a fresh secret: in an order that can be broken off anywhere, and done again.

The secret is durable before the host is told, and the one before it counts a while longer. A webhook of our address is repaired, never
joined by a second one.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from bot.model.repository import Repository
from bot.ports import HookAnswer, HostHook, HostHooks, HostRefused
from bot.security.kept import Vault


@dataclass(frozen=True, slots=True)
class Looked:
    """What there was: `ours` are the webhooks that deliver to the bot's address."""

    ours: tuple[HostHook, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """The webhook as it is now. `made` anew, or else repaired of `faults` (none: it has a fresh secret, no more)."""

    hook: HostHook
    made: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Further webhooks of the same address, which had every delivery come twice."""

    count: int


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of the host's own test delivery after that many seconds. None: it has none, or none that starts nothing."""

    answer: HookAnswer | None
    seconds: float


Step = Looked | Put | Dropped | Tested


@dataclass(frozen=True, slots=True)
class Connecting:
    """What connecting works with. `now` is the time of day, in seconds since 1970."""

    hooks: HostHooks
    vault: Vault
    now: Callable[[], float]

    async def connect(self, repository: Repository, url: str) -> AsyncGenerator[Step]:
        """Step by step. Raises ProviderError where the host refuses or does not answer; done again, it carries on."""
        ours = await self._ours(repository, url)
        yield Looked(ours)
        secret = await self.vault.add_webhook_secret(repository)
        try:
            hook = await self.hooks.put(repository, url, secret.value, ours[0].id if ours else "")
        except HostRefused:
            await self.vault.take_back(secret)
            raise
        await self.vault.end_others(secret, self.now())
        yield Put(hook, not ours, ours[0].faults if ours else ())
        for further in ours[1:]:
            await self.hooks.remove(repository, further.id)
        if ours[1:]:
            yield Dropped(len(ours) - 1)
        began = self.now()
        yield Tested(await self.hooks.test(repository, hook.id), self.now() - began)

    async def disconnect(self, repository: Repository, url: str) -> int:
        """The webhooks of our address are removed, and their secrets with them; how many there were."""
        ours = await self._ours(repository, url)
        for hook in ours:
            await self.hooks.remove(repository, hook.id)
        await self.vault.end_all(repository, self.now())
        return len(ours)

    async def _ours(self, repository: Repository, url: str) -> tuple[HostHook, ...]:
        return tuple(hook for hook in await self.hooks.list(repository) if hook.url.rstrip("/") == url.rstrip("/"))
