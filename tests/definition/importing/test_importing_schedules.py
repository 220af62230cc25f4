"""AWS's time expressions in five fields: they name the same minutes, or are refused (section 7.3, RUL-5, RUL-6)."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from bot.definition.importer.schedules import from_quartz, from_schedule, to_quartz, zone

SCHEDULES = [
    ("rate(5 minutes)", "*/5 * * * *"),
    ("rate(1 minute)", "* * * * *"),
    ("rate(1 hour)", "0 * * * *"),
    ("rate(6 hours)", "0 */6 * * *"),
    ("rate(1 day)", "0 0 * * *"),
    ("rate(7 minutes)", None),
    ("rate(2 days)", None),
    ("rate(0 minutes)", None),
    ("cron(0 3 ? * MON-FRI *)", "0 3 * * MON-FRI"),
    ("cron(15 12 1 * ? *)", "15 12 1 * *"),
    ("cron(0 8 ? * 2-6 *)", "0 8 * * 1-5"),
    ("cron(0 8 ? * 1,7 *)", "0 8 * * 0,6"),
    ("cron(0 8 ? * 3#2 *)", "0 8 * * 2#2"),
    ("cron(0 8 L * ? *)", "0 8 L * *"),
    ("cron(0 8 3W * ? *)", None),
    ("cron(0 8 1 1 ? 2027)", None),
    ("cron(0 8 * *)", None),
    ("every day", None),
]


@pytest.mark.parametrize(("expression", "cron"), SCHEDULES)
def test_a_schedule_is_said_in_five_fields_or_not_at_all(expression: str, cron: str | None) -> None:
    assert from_schedule(expression) == cron


WINDOWS = [
    ("* * 9-17 ? * MON-FRI", "* 9-17 * * MON-FRI"),
    ("* 0/30 9-17 ? * 2-6 *", "0/30 9-17 * * 1-5"),
    ("* * * 1 * ?", "* * 1 * *"),
    ("30 * 9-17 ? * *", None),
    ("* * 9-17 ? * * 2027", None),
    ("* 9-17 * * *", None),
    ("", None),
]


@pytest.mark.parametrize(("quartz", "cron"), WINDOWS)
def test_a_window_is_said_in_five_fields_or_not_at_all(quartz: str, cron: str | None) -> None:
    assert from_quartz(quartz) == cron


ZONES = [
    ("UTC", "UTC"),
    ("Europe/Berlin", "Europe/Berlin"),
    ("UTC+02:00", "Etc/GMT-2"),
    ("UTC-5", "Etc/GMT+5"),
    ("UTC+00:00", "UTC"),
    ("UTC+05:30", None),
    ("UTC+15", None),
]


@pytest.mark.parametrize(("there", "here"), ZONES)
def test_an_offset_is_a_named_zone_whose_sign_is_turned_round(there: str, here: str | None) -> None:
    assert zone(there) == here


hours = st.sampled_from(["*", "9-17", "0", "*/6"])
weekdays = st.sampled_from(["*", "1-5", "0,6", "MON-FRI", "2#1", "0"])


@given(st.sampled_from(["*", "0", "*/15"]), hours, weekdays)
def test_a_window_there_and_back_names_the_same_minutes(minute: str, hour: str, weekday: str) -> None:
    cron = f"{minute} {hour} * * {weekday}"
    back = from_quartz(to_quartz(cron))
    assert back is not None
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(islice(CronSim(back, begin), 50)) == list(islice(CronSim(cron, begin), 50))
