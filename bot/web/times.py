"""Spans and moments as pages show them. The words for them are `bot.messages.words`."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something ran. `live`: it still does, and the page counts on."""

    start: float | None = None
    end: float | None = None
    live: bool = False

    def seconds(self, now: float) -> float | None:
        if self.start is None:
            return None
        if self.end is None and not self.live:
            return None
        return max(0.0, (now if self.live or self.end is None else self.end) - self.start)


def iso(moment: float) -> str:
    """The moment as `<time datetime>` wants it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(moment: float, now: float) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`; penstock.js counts on in the same words."""
    seconds = max(0.0, now - moment)
    for limit, size, unit in ((3600, 60, "min"), (86_400, 3600, "h"), (float("inf"), 86_400, "day")):
        if seconds < limit:
            count = int(seconds // size)
            plural = "s" if unit == "day" and count != 1 else ""
            return f"{count} {unit}{plural} ago" if count else "just now"
    raise AssertionError("every moment lies within infinity")
