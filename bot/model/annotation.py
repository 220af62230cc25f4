"""A remark about a line of a file, as a compiler, a linter or a test runner makes it in an action's log."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """`path` is relative to the repository's root. `line` and `column` count from 1; a column that is not known is 0.

    `code` is what the tool calls its rule, "" where it has none; `tool` is the matcher that has read it.
    """

    path: str
    line: int
    severity: Severity
    message: str
    column: int = 0
    code: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationsRecord:
    """What the log of one attempt at an action remarks, as it is kept; errors first."""

    execution: str
    stage: str
    action: str
    attempt: int
    annotations: tuple[Annotation, ...]
