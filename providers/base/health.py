"""How a host has answered so far: for whoever operates the bot. Written by the breaker and the clients, read from outside at any time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

OUTCOMES = ("answered", "refused", "failed", "limited", "held back")
"""What becomes of a call. `held back`: nothing was sent, since the host is left alone."""


@dataclass(slots=True)
class Health:
    """A `bot.ports.HostHealth`. `remaining`: calls that the host's rate limit leaves, as its last answer told it; None where it tells none."""

    up: bool = True
    limited: bool = False
    remaining: int | None = None
    calls: Counter[str] = field(default_factory=Counter)

    def told(self, headers: Mapping[str, str], name: str) -> None:
        """An answer's headers (names lower-cased), of which `name` tells what is left of the rate."""
        text = headers.get(name, "")
        if text.isdecimal():
            self.remaining = int(text)

    def left(self, calls: int) -> None:
        """The same as a number; one below nothing says nothing."""
        if calls >= 0:
            self.remaining = calls
