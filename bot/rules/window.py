"""The `window` rule: holds while the window is open, and waits until it opens (RUL-5, RUL-6).

The cron expression is held against the wall clock of its time zone, minute by minute. It is looked at again when the
window opens, so nothing is kept in memory until then.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.ports import RuleContext, RuleOutcome

MINUTE = timedelta(minutes=1)
LOOK_AHEAD = 40_000
"""Closed minutes that are looked through for the first open one: about four weeks. A longer blackout is looked at again then."""


class WindowRule:
    """Knows no time but the one it is given."""

    works = False

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        asked = context.rule.configuration
        cron, zone, blackout = str(asked["cron"]), str(asked["timezone"]), bool(asked.get("blackout"))
        shown = {"cron": cron, "timezone": zone, **({"blackout": "true"} if blackout else {})}
        now = datetime.fromtimestamp(context.now, ZoneInfo(zone))
        if _within(cron, now) is not blackout:
            return RuleOutcome(holds=True, summary="the window is open", configuration=shown)
        opens, known = await asyncio.to_thread(_opening, cron, now, blackout)
        words = opens.strftime("%a %d %b, %H:%M")
        summary = f"the window opens {words} {zone}" if known else f"the window is closed until after {words} {zone}"
        at = opens.timestamp()
        return RuleOutcome(None, summary, until=at, opens_at=at if known else None, configuration=shown)

    async def abandon(self, job: str) -> None:
        """There is nothing to end."""

    async def forget(self, job: str) -> None:
        """There is nothing kept."""


def _within(cron: str, now: datetime) -> bool:
    """Whether the minute is one of the expression's."""
    minute = now.replace(second=0, microsecond=0, tzinfo=None)
    return next(CronSim(cron, minute - MINUTE), None) == minute


def _opening(cron: str, now: datetime, blackout: bool) -> tuple[datetime, bool]:
    """When the window opens next; False when that is so far off that it was not found out."""
    minute = now.replace(second=0, microsecond=0, tzinfo=None)
    if not blackout:
        return _after(now, next(CronSim(cron, minute))), True
    closed = minute
    for match in islice(CronSim(cron, minute), LOOK_AHEAD):
        if match != closed + MINUTE:
            return _after(now, closed + MINUTE), True
        closed = match
    return _after(now, closed + MINUTE), False


def _after(now: datetime, wall: datetime) -> datetime:
    """The wall clock's time as a moment. What the clock shows twice, in autumn, is the one that is still to come."""
    first = wall.replace(tzinfo=now.tzinfo)
    return first if first.astimezone(UTC) > now.astimezone(UTC) else first.replace(fold=1)
