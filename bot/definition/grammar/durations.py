"""Durations: `7d`, `90m`, `1h30m`, or a number of seconds; and the ranges that section 1.3 gives them."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.definition.document import Plain, quoted
from bot.definition.grammar.text import refuse

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

PATTERN = r"^(?=.)([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,9}s?)?$"
_WRITTEN = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?")
_UNITS = (DAY, HOUR, MINUTE, 1.0)

LONGEST = 60 * DAY
LONG_WORDS = "from 5 minutes to 60 days"

_REMEDY = "Write it like `90m`, `1h30m` or `7d`, or as a number of seconds."


def seconds(value: object) -> float:
    """The duration in seconds. A bare number is seconds already."""
    if isinstance(value, Plain) and not isinstance(value.value, bool):
        return float(value.value)
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        shown = quoted(value) if isinstance(value, str) else "This"
        raise refuse(f"{shown} is not a duration.", _REMEDY)
    return sum(int(part) * unit for part, unit in zip(match.groups(default="0"), _UNITS, strict=True))


def _within(low: float, high: float, words: str) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise refuse(f"The duration must be {words}.", _REMEDY)
        return value

    return AfterValidator(check)


_Written: TypeAlias = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": PATTERN}]}),
]

Timeout: TypeAlias = Annotated[
    float, _within(1, LONGEST, "from 1 second to 60 days"), BeforeValidator(seconds, json_schema_input_type=_Written)
]
LongTimeout: TypeAlias = Annotated[
    float, _within(5 * MINUTE, LONGEST, LONG_WORDS), BeforeValidator(seconds, json_schema_input_type=_Written)
]
"""For what waits, approvals and rules (APR-7, section 1.1)."""


Interval: TypeAlias = Annotated[
    float,
    _within(MINUTE, 30 * DAY, "from 1 minute to 30 days"),
    BeforeValidator(seconds, json_schema_input_type=_Written),
]
"""Between two looks at something."""


def may_wait(value: object) -> bool:
    """Whether a timeout lies long enough for an approval; what is no duration, or too long for any action, is told elsewhere."""
    try:
        return seconds(value) >= 5 * MINUTE
    except PydanticCustomError:
        return True
