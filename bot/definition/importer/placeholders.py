"""What a template leaves open: a named hole in a text, and what becomes of it where the text ends up.

A hole is kept between two characters that no file has any use for, so that a script's own `${HOME}` is never taken for one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

_OPEN, _CLOSE = "\ue000", "\ue001"
_HOLE = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")

PSEUDO = {
    "AWS::Region": "AWS_REGION",
    "AWS::AccountId": "AWS_ACCOUNT_ID",
    "AWS::StackName": "AWS_STACK_NAME",
    "AWS::StackId": "AWS_STACK_ID",
    "AWS::NotificationARNs": "AWS_NOTIFICATION_ARNS",
}
"""CloudFormation's own parameters that only a stack has values for, and the names they get as variables."""


class Origin(StrEnum):
    PARAMETER = "a parameter of the template"
    SECRET = "a parameter that the template keeps secret"  # noqa: S105  a description
    STACK = "a property of the stack"
    RESOURCE = "a resource of the template"
    IMPORT = "an export of another stack"
    OTHER = "worked out by CloudFormation"
    UNKNOWN = "named nowhere in the template"


@dataclass(frozen=True, slots=True)
class Hole:
    name: str
    origin: Origin
    description: str = ""

    @property
    def is_variable(self) -> bool:
        """A person gave it a value when starting the stack, and can when starting the pipeline."""
        return self.origin in (Origin.PARAMETER, Origin.STACK)


@dataclass(slots=True)
class Holes:
    """All holes of one template by name."""

    known: dict[str, Hole] = field(default_factory=dict)

    def make(self, name: str, origin: Origin, description: str = "") -> str:
        """The text that stands for a hole."""
        name = re.sub(r"[^A-Za-z0-9@_.-]+", "-", plain(name)).strip("-.")[:100] or "value"
        self.known.setdefault(name, Hole(name, origin, description))
        return f"{_OPEN}{name}{_CLOSE}"

    def found(self, text: str) -> Iterator[Hole]:
        for name in dict.fromkeys(_HOLE.findall(text)):
            if name in self.known:
                yield self.known[name]

    def as_variables(self, text: str, *, command: bool = False) -> str:
        """Where references are resolved: what a start can set is a pipeline variable, all else a named placeholder.

        In a `command`, the placeholder is one that fails until somebody puts a value in its place.
        """

        def written(match: re.Match[str]) -> str:
            hole = self.known.get(match[1])
            if hole and hole.is_variable:
                return f"#{{variables.{variable(hole)}}}"
            return f"${{{_identifier(match[1])}:?}}" if command else f"${{{match[1]}}}"

        return _HOLE.sub(written, text)


def has_hole(text: str) -> bool:
    return _OPEN in text


def is_whole(text: str) -> bool:
    """Whether no hole is cut in two."""
    rest = _HOLE.sub("", text)
    return _OPEN not in rest and _CLOSE not in rest


def plain(text: str) -> str:
    """The text with the names of its holes in their places, for names, which may contain nothing else."""
    return _HOLE.sub(lambda match: match[1], text)


def without(holes: Iterable[Hole], text: str) -> str:
    """The text without what only a stack could fill in."""
    for hole in holes:
        if hole.origin is Origin.STACK:
            text = text.replace(f"{_OPEN}{hole.name}{_CLOSE}", "")
    return text


def _identifier(name: str) -> str:
    return re.sub(r"^(?=[0-9])|[^A-Za-z0-9_]", "_", name)


def variable(hole: Hole) -> str:
    return hole.name.replace(".", "_")


def as_placeholders(text: str) -> str:
    """Where nothing is resolved: `${Name}`."""
    return _HOLE.sub(lambda match: f"${{{match[1]}}}", text)
