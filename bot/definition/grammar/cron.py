"""Cron expressions of five fields, in a time zone. Whether and when they fire is not decided here."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from cronsim import CronSim
from pydantic import AfterValidator, BeforeValidator, Field

from bot.definition.document import quoted
from bot.definition.grammar.text import ONE_OR_MANY, Boolean, Noun, refuse

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_REMEDY = "Write five fields: minute, hour, day of the month, month, day of the week, such as `0 3 * * 1-5`."
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != len(_FIELDS):
        raise refuse(f"The cron expression {quoted(value)} has {len(fields)} fields, and needs 5.", _REMEDY)
    if not _fires(value):
        wrong = [name for index, name in enumerate(_FIELDS) if not _fires(_only(fields[index], index))]
        what = f"is malformed in its {' and its '.join(wrong)}" if wrong else "names a day that never comes"
        raise refuse(f"The cron expression {quoted(value)} {what}.", _REMEDY)
    return value


def _only(field: str, index: int) -> str:
    return " ".join(field if at == index else "*" for at in range(len(_FIELDS)))


def _fires(expression: str) -> bool:
    try:
        return next(CronSim(expression, _BEGINNING), None) is not None
    except Exception:  # noqa: BLE001  the library asserts, compares and converts its way through bad input
        return False


def _timezone(value: str) -> str:
    if value == "UTC":
        return value
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise refuse(
            f"The time zone {quoted(value)} is unknown.", "Write it as `Region/City`, such as `Europe/Berlin`."
        ) from None
    return value


Cron: TypeAlias = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_cron)]
TimeZone: TypeAlias = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_timezone)]


def _from_text(value: object) -> object:
    return {"cron": value} if isinstance(value, str) else value


class Schedule(Noun):
    """When to start, on the default branch."""

    cron: Cron = Field(description="Five fields: minute, hour, day of the month, month, day of the week.")
    timezone: TimeZone = Field(default="UTC", description="Such as Europe/Berlin.")


class Window(Noun):
    """The times that match are the window; with `blackout`, they are when it is closed."""

    cron: Cron = Field(description="The times of the window; five fields.")
    timezone: TimeZone = Field(default="UTC", description="Such as Europe/Berlin.")
    blackout: Boolean = Field(default=False, description="Turns it round: closed at these times, open at all others.")


ScheduleEntry: TypeAlias = Annotated[Schedule, BeforeValidator(_from_text, json_schema_input_type=Cron | Schedule)]
WindowEntry: TypeAlias = Annotated[Window, BeforeValidator(_from_text, json_schema_input_type=Cron | Window)]


Schedules: TypeAlias = Annotated[
    tuple[ScheduleEntry, ...],
    Field(min_length=1, max_length=50),
    ONE_OR_MANY,
]
