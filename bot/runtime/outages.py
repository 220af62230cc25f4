"""Actions that a host keeps from going on: people are told when that lasts, once, whatever is tried meanwhile.

How often it is tried, and for how long, is the outbox's affair: a host is waited for without end. What fails of the bot's own is in `failing`.
"""

from bot.model.outage import Outage
from bot.ports import HostUnavailable

LASTS = 10.0
"""Seconds that a host may be away without a word: each word is kept, and calls a host."""


GOES_ON_AFTER = 60.0
"""Seconds after which an action that is tried again counts as going on, should it not say that it has what it needs."""


class Outages:
    """By the actions' jobs, since when each can't go on; in memory only, so a restart waits a little longer with its word."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def lasting(self, job: str, told: Outage | None, error: HostUnavailable, now: float) -> Outage | None:
        """What is to be told now, where `told` is what people know; None for nothing new."""
        since = self._since.setdefault(job, now)
        found = Outage(error.host, error.does if error.host else str(error).rstrip(" ."), now)
        if told is None and now - since < LASTS and error.retry_after < LASTS:
            return None
        return None if found.same(told) else found

    def over(self, job: str) -> None:
        self._since.pop(job, None)
