"""What a format of remarks consists of: one line, or a line and the place that one of the next lines names."""

import re
from dataclasses import dataclass

from bot.model.annotation import Severity

SEVERITIES = {
    "fatal error": Severity.ERROR,
    "fatal": Severity.ERROR,
    "parse error": Severity.ERROR,
    "deprecated": Severity.WARNING,
    "error": Severity.ERROR,
    "e": Severity.ERROR,
    "f": Severity.ERROR,
    "panic": Severity.ERROR,
    "failure": Severity.ERROR,
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "w": Severity.WARNING,
    "note": Severity.NOTICE,
    "notice": Severity.NOTICE,
    "info": Severity.NOTICE,
    "style": Severity.NOTICE,
    "c": Severity.NOTICE,
    "r": Severity.NOTICE,
    "i": Severity.NOTICE,
}
"""How tools call them, in lower case."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One line. Groups of `line`: `file`, `line`, `message`; where the tool has them `column`, `severity`, `code`.

    `severity` is that of a line that names none.
    """

    tool: str
    line: re.Pattern[str]
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines whose groups make one remark together: `second` stands at most `within` lines below `first`.

    `many`: one first line holds for every second line that follows without a gap, as a file's name does. `block`: of first lines
    that follow each other the first counts, otherwise the last. `frames`: second lines are a stack's, of which the first in the work
    tree counts.
    """

    tool: str
    first: re.Pattern[str]
    second: re.Pattern[str]
    within: int = 1
    many: bool = False
    block: bool = False
    frames: bool = False
    severity: Severity = Severity.ERROR
