"""AWS's time expressions as cron of five fields: EventBridge schedules (section 7.3) and the Quartz windows of rules (RUL-5)."""

import re
from collections.abc import Callable

_RATE = re.compile(r"rate\(\s*([1-9][0-9]{0,5})\s+(minute|hour|day)s?\s*\)")
_SCHEDULE = re.compile(r"cron\((.*)\)")
_OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d{2}))?")
_FARTHEST = {"+": 14, "-": 12}


def from_schedule(expression: str) -> str | None:
    """Five fields that mean the same; None when nothing does."""
    rate = _RATE.fullmatch(expression.strip())
    if rate is not None:
        return _every(int(rate[1]), rate[2])
    cron = _SCHEDULE.fullmatch(expression.strip())
    fields = cron[1].split() if cron else []
    return _five(fields[:5], fields[5]) if len(fields) == 6 else None  # noqa: PLR2004  with the year


def from_quartz(expression: str) -> str | None:
    """Seconds are dropped where they say nothing: a window is a set of minutes here."""
    fields = expression.split()
    if len(fields) not in (6, 7) or fields[0] not in ("*", "0", "0/1", "*/1"):
        return None
    return _five(fields[1:6], fields[6] if len(fields) == 7 else "*")  # noqa: PLR2004  with the year


def to_quartz(cron: str) -> str:
    """Of the five fields, one of the two for days becomes `?`; with both given, Quartz has no equal, and the weekday goes."""
    minute, hour, day, month, weekday = cron.split()
    if weekday == "*":
        return f"* {minute} {hour} {day} {month} ?"
    return f"* {minute} {hour} ? {month} {_weekdays(weekday, _counted_from_one)}"


def _counted_from_one(day: int) -> int:
    return day % 7 + 1


def _counted_from_zero(day: int) -> int:
    return day - 1


def zone(name: str) -> str | None:
    """`UTC+02:00` as a named zone, whose sign is the other way round; other names stay."""
    match = _OFFSET.fullmatch(name.strip())
    if match is None:
        return name
    hours = int(match[2])
    if (match[3] or "00") != "00" or hours > _FARTHEST[match[1]]:
        return None
    return "UTC" if hours == 0 else f"Etc/GMT{'-' if match[1] == '+' else '+'}{hours}"


def _every(number: int, unit: str) -> str | None:
    """A rate as cron, where it divides the hour or the day: only then are the distances equal."""
    match unit:
        case "minute" if number < 60 and 60 % number == 0:  # noqa: PLR2004
            return f"*/{number} * * * *" if number > 1 else "* * * * *"
        case "hour" if number < 24 and 24 % number == 0:  # noqa: PLR2004
            return f"0 */{number} * * *" if number > 1 else "0 * * * *"
        case "day" if number == 1:
            return "0 0 * * *"
    return None


def _five(fields: list[str], year: str) -> str | None:
    minute, hour, day, month, weekday = (field.upper() for field in fields)
    if year != "*" or "W" in day.replace("LW", ""):
        return None
    day, weekday = day.replace("?", "*"), weekday.replace("?", "*")
    return f"{minute} {hour} {day} {month} {_weekdays(weekday, _counted_from_zero)}"


def _weekdays(field: str, count: Callable[[int], int]) -> str:
    """Days are counted from 1 there and from 0 here; ordinals and steps keep their numbers."""
    return ",".join(_weekday(part, count) for part in field.split(","))


def _weekday(part: str, count: Callable[[int], int]) -> str:
    days, sign, number = part.partition("#") if "#" in part else part.partition("/")
    return re.sub(r"(?<!\d)[0-7](?!\d)", lambda match: str(count(int(match[0]))), days) + sign + number
