"""What the rules of a condition ask, as it is written: expressions, endpoints, metrics. Windows are in `cron`, commands in `text`."""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, Strict

from bot.definition.document import native
from bot.definition.grammar.durations import Timeout
from bot.definition.grammar.text import NO_SPACE, NOT_BLANK, ONE_OR_MANY, EnvironmentName, Given, Name, Noun

Expression: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=NOT_BLANK)]
"""CEL. Its syntax and the names in it are checked in `bot.definition.checks.expressions`."""

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def without_references(expression: str) -> str:
    """The expression with each `#{namespace.key}` as CEL's own way to name that value (VAR-2): it never becomes part of the text.

    `'v#{pkg.VERSION}'` is `'v' + pkg.VERSION`, and `#{my-ns.KEY}` is `outputs["my-ns"]["KEY"]`.
    """
    return _REFERENCE.sub(_named, _TEXT.sub(_joined, expression))


def _named(match: re.Match[str]) -> str:
    namespace, key = match.groups()
    if _IDENTIFIER.fullmatch(namespace) and _IDENTIFIER.fullmatch(key):
        return f"{namespace}.{key}"
    return f'outputs["{namespace}"]["{key}"]'


def _joined(match: re.Match[str]) -> str:
    """A text with references in it as the sum of its pieces."""
    quote, text = match[0][0], match[0][1:-1]
    if not _REFERENCE.search(text):
        return match[0]
    pieces = [f"{quote}{piece}{quote}" if piece else "" for piece in _REFERENCE.sub("\0", text).split("\0")]
    values = [_named(found) for found in _REFERENCE.finditer(text)]
    parts = [part for pair in zip(pieces, [*values, ""], strict=True) for part in pair if part]
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


Number: TypeAlias = Annotated[float, Strict(), BeforeValidator(native)]
_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=NOT_BLANK)]


class Invoke(Noun):
    """An endpoint that is asked by POST: an https address, or a name that the bot's settings know."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["function"]}]})

    url: Given[Annotated[str, Field(min_length=9, max_length=1000, pattern=NO_SPACE)]] = Field(
        default=None, description="An https address that is public."
    )
    function: Given[Name] = Field(
        default=None, description="An endpoint by the name that PENSTOCK_INVOKE_ENDPOINTS gives it."
    )
    parameters: Given[Annotated[str, Field(max_length=1000)]] = Field(
        default=None, description="A text that is handed on."
    )
    secret: Given[EnvironmentName] = Field(
        default=None, description="A name from `secrets`: requests are signed with it, as Standard Webhooks has it."
    )


def invoked_from_text(value: object) -> object:
    """A text is an address or a name."""
    if not isinstance(value, str):
        return value
    return {"url": value} if "://" in value else {"function": value}


InvokeEntry: TypeAlias = Annotated[Invoke, BeforeValidator(invoked_from_text, json_schema_input_type=_Text | Invoke)]

States: TypeAlias = Annotated[
    tuple[Literal["ALARM", "OK", "INSUFFICIENT_DATA"], ...], Field(min_length=1, max_length=3), ONE_OR_MANY
]


class Metric(Noun):
    """A query to a Prometheus server with bounds for its value, or an alert of that server by name."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["query"]}, {"required": ["alarm"]}]})

    query: Given[_Text] = Field(default=None, description="PromQL whose every value must stay within the bounds.")
    alarm: Given[Annotated[str, Field(min_length=1, max_length=255, pattern=NOT_BLANK)]] = Field(
        default=None, description="The name of an alert that must not be firing."
    )
    server: Given[Name] = Field(
        default=None, description="A server as PENSTOCK_METRICS_SERVERS names it; default: its first."
    )
    below: Given[Number] = Field(default=None, description="Values must be less than this.")
    above: Given[Number] = Field(default=None, description="Values must be more than this.")
    states: Given[States] = Field(default=None, description="What counts as bad; default: ALARM.")
    wait: Given[Timeout] = Field(
        default=None, description="Before entry: time to recover. After success: time to prove itself."
    )
