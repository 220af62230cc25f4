"""The `window` rule held against what AWS's own expression of the window says, moment by moment (RUL-5, RUL-6)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.definition.importer.schedules import from_quartz, zone
from bot.model.condition import ConditionKind, RuleRun
from bot.model.pipeline import Condition, ConditionResult, Pipeline, Rule, Stage
from bot.ports import RuleContext
from bot.rules.window import WindowRule
from tests.core.lane import Lane, run

QUARTER = timedelta(minutes=15)


async def openings(cron: str, timezone: str, begin: datetime, days: int) -> list[datetime]:
    """The quarters of an hour at which the window is open."""
    rule = Rule("hours", "window", {"cron": cron, "timezone": timezone})
    stage = Stage("prod", (run("work"),), before_entry=Condition(ConditionResult.FAIL, (rule,)))
    pipeline = Pipeline("web", (stage,), digest="d1")
    lane = Lane(pipeline)
    execution = lane[lane.start()]
    found = []
    for moment in (begin + number * QUARTER for number in range(days * 96)):
        context = RuleContext(
            execution, pipeline, stage, ConditionKind.BEFORE_ENTRY, rule, RuleRun("hours"), 1, moment.timestamp()
        )
        outcome = await WindowRule().evaluate(context)
        if outcome.holds:
            found.append(moment)
        else:
            assert outcome.until is not None, "one that is closed is waited for"
            assert outcome.until > moment.timestamp()
    return found


@pytest.mark.parametrize(
    ("quartz", "means"),
    [
        # The example of the reference: 09:00 to 17:59, Monday to Friday.
        ("* * 9-17 ? * MON-FRI", lambda t: t.weekday() < 5 and 9 <= t.hour <= 17),
        # Weekdays count from Sunday, which is 1.
        ("* * 9-17 ? * 1,7", lambda t: t.weekday() >= 5 and 9 <= t.hour <= 17),
        ("* 0/30 22-23 ? * 2#1", lambda t: t.weekday() == 0 and t.day <= 7 and t.hour >= 22 and t.minute in (0, 30)),
        ("* * 8 L * ?", lambda t: (t + timedelta(days=1)).day == 1 and t.hour == 8),
    ],
)
async def test_rul_5_the_moments_that_match_are_the_window(quartz: str, means: Callable[[datetime], bool]) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    cron = from_quartz(quartz)
    assert cron is not None
    every = [begin + number * QUARTER for number in range(31 * 96)]
    assert await openings(cron, "UTC", begin, 31) == [moment for moment in every if means(moment)]


@pytest.mark.parametrize(
    ("there", "offset"),
    [
        ("Europe/Berlin", lambda t: t.astimezone(ZoneInfo("Europe/Berlin"))),  # summer time ends on Sunday the 25th
        ("UTC+02:00", lambda t: t + timedelta(hours=2)),
        ("UTC-5", lambda t: t - timedelta(hours=5)),
    ],
)
async def test_rul_6_a_window_is_read_on_the_clock_of_its_time_zone(
    there: str, offset: Callable[[datetime], datetime]
) -> None:
    begin = datetime(2026, 10, 23, tzinfo=UTC)
    here = zone(there)
    assert here is not None
    every = [begin + number * QUARTER for number in range(4 * 96)]
    assert await openings("* 9-17 * * *", here, begin, 4) == [m for m in every if 9 <= offset(m).hour <= 17]
