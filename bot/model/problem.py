"""A problem in a pipeline file, located, with its remedy. Collected and reported all at once; never raised one by one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` is where in the document (`stages[1].actions[0].run`); `line` and `column` count from 1, 0 when unknown.

    `reason` says what is wrong, `remedy` what would be right; both are whole sentences without the location.
    """

    file: str
    line: int
    column: int
    path: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        at = f" {self.path}:" if self.path else ""
        return f"{where}:{at} {self.reason}" + (f" {self.remedy}" if self.remedy else "")
