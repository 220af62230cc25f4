"""A repository's webhooks as its host keeps them: what connecting and its check ask and order. Their deliveries are `provider`'s affair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What became of a delivery, as its host tells it. `status` is what was answered, None where nothing was; `said`: the host's words."""

    status: int | None
    said: str = ""

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  HTTP's successes


@dataclass(frozen=True, slots=True)
class HostHook:
    """One webhook. `faults` is what of it is not as the bot needs it, in words; `last`: the newest delivery, where the host tells of it."""

    id: str
    url: str
    faults: tuple[str, ...] = ()
    last: HookAnswer | None = None


class HostHooks(Protocol):
    """Raises ProviderError. `needs` tells what the token must be allowed to do with webhooks, and where that is given."""

    needs: str

    async def list(self, repository: Repository) -> Sequence[HostHook]:
        """All of the repository's, ours and others."""

    async def put(self, repository: Repository, url: str, secret: str, known: str = "") -> HostHook:
        """Make a webhook that delivers what the bot reads to the URL, signed with the secret, or make the known one so, by its id.

        The secret is 32 bytes in base64.
        """

    async def remove(self, repository: Repository, hook: str) -> None:
        """Gone already is no error."""

    async def test(self, repository: Repository, hook: str) -> HookAnswer | None:
        """Have the host deliver something that starts nothing, and wait shortly for what became of it. None where it can't."""
