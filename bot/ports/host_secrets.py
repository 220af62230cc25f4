"""The secrets of single repositories or owners, which count beside a host's general ones (those are its provider's)."""

from collections.abc import Sequence
from typing import Protocol

from bot.model.host_secret import HostSecret


class HostSecrets(Protocol):
    """`of` is asked at every delivery, so it does nothing but answer."""

    def of(self, provider: str) -> Sequence[HostSecret]: ...

    async def refresh(self) -> bool:
        """Look whether there are others by now, and say so. Called as often as you like: it looks a few times a second at most."""
