"""When people are reminded of an approval that waits: at half time, and a day before the end."""

from collections.abc import Sequence

from bot.model.pipeline import DAY

SHORTEST = 3600.0
"""Who has less than this many seconds in all needs no reminder."""


def reminders(asked_at: float, deadline: float) -> Sequence[float]:
    """The times, earlier first; one only where the last day begins before half time."""
    whole = deadline - asked_at
    if whole < SHORTEST:
        return ()
    half = asked_at + whole / 2
    return (half, deadline - DAY) if deadline - DAY > half else (half,)
