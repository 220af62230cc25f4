"""What each line of a log means, one after another: a remark, the half of one, or where the tools that follow run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from bot.matchers import table
from bot.matchers.matcher import Matcher, Pair
from bot.model.annotation import Severity

DEEPEST = 200
"""Frames of a traceback that are kept, and remarks of Go's tests before their package is named."""

Groups = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """`places` are files and lines, of which the first in the work tree counts: those of a traceback, the innermost first. `folders` are where else they
    may be, from the root.
    """

    tool: str
    groups: Groups
    severity: Severity
    places: tuple[tuple[str, str], ...]
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, tool: str, groups: Groups, severity: Severity) -> "Found":
        return cls(tool, groups, severity, ((groups.get("file") or "", groups.get("line") or ""),))


@dataclass(slots=True)
class _Waiting:
    """A first line that has been seen, and how many more lines its second may stand below."""

    pair: Pair
    groups: dict[str, str | None]
    left: int


class Reader:
    """Line by line; what it waits for is forgotten when it does not come."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._entered: list[str] = []
        self._waiting: _Waiting | None = None
        self._traceback: list[tuple[str, str]] | None = None
        self._of_go: list[Found] = []

    @property
    def folders(self) -> tuple[str, ...]:
        return (*self._entered[-1:], self._start)

    def read(self, line: str) -> Iterator[Found]:
        if line.startswith("::") and (command := _command(line)):
            yield command
            return
        if self._moved(line):
            return
        if package := table.GO_PACKAGE.match(line):
            yield from self._of_package(package["package"])
            return
        if self._traceback is not None or line.startswith("Traceback "):
            raised = self._raised(line)
            if raised is not None:
                yield raised
            if self._traceback is not None:
                return
        second = self._second(line)
        if second is not None:
            yield second
        elif table.PLACE.search(line) and (found := _one_line(line)):
            self._waiting = None
            if found.tool == "go" and "/" not in (found.groups["file"] or ""):
                self._of_go = [*self._of_go[-DEEPEST:], found]
            else:
                yield found
        else:
            self._first(line)

    def end(self) -> Iterator[Found]:
        """What has waited for a line that has not come."""
        yield from self._of_package("")

    def taken(self) -> None:
        """What was found last is in the work tree: of a stack, further frames say nothing more."""
        if self._waiting is not None and self._waiting.pair.frames:
            self._waiting = None

    def _of_package(self, package: str) -> Iterator[Found]:
        """Go's tests name files without their folders; the package's name comes behind them, and ends with the folder."""
        parts = package.split("/")[:20]
        folders = tuple("/".join(parts[at:]) for at in range(1, len(parts)))
        found, self._of_go = self._of_go, []
        yield from (replace(one, folders=folders) for one in found)

    def _moved(self, line: str) -> bool:
        """Whether the line tells where make has gone."""
        if "ing directory" not in line:
            return False
        if entered := table.ENTERED.match(line):
            self._entered = [*self._entered[-20:], entered["folder"]]
            return True
        if table.LEFT.match(line) and self._entered:
            self._entered.pop()
            return True
        return False

    def _raised(self, line: str) -> Found | None:
        """A traceback's last frame and what was raised, once that comes: it is the first line that is not indented."""
        if table.TRACEBACK.match(line):
            self._traceback = []
            return None
        frames = self._traceback or []
        if line.startswith(" ") or not line:
            if frame := table.FRAME.match(line):
                self._traceback = [*frames[-DEEPEST:], (frame["file"], frame["line"])]
            return None
        self._traceback = None
        raised = table.RAISED.fullmatch(line)
        if raised is None or not frames:
            return None
        return Found("python", raised.groupdict(), Severity.ERROR, tuple(reversed(frames)))

    def _second(self, line: str) -> Found | None:
        waiting = self._waiting
        if waiting is None:
            return None
        waiting.left -= 1
        if match := waiting.pair.second.match(line):
            if waiting.pair.many or waiting.pair.frames:
                waiting.left = waiting.pair.within
            else:
                self._waiting = None
            return Found.of(waiting.pair.tool, {**waiting.groups, **match.groupdict()}, waiting.pair.severity)
        if waiting.left <= 0:
            self._waiting = None
        return None

    def _first(self, line: str) -> None:
        for pair in table.PAIRS:
            fits = pair.first.fullmatch(line) if pair.many else pair.first.match(line)
            if fits:
                before = self._waiting
                follows = before is not None and before.pair is pair and before.left == pair.within - 1
                groups = before.groups if before is not None and pair.block and follows else fits.groupdict()
                self._waiting = _Waiting(pair, groups, pair.within)
                return


def _one_line(line: str) -> Found | None:
    for matcher in table.LINES:
        if match := matcher.line.fullmatch(line):
            if matcher.tool == "cc" and match["severity"] == "note" and not match["message"].endswith("]"):
                return (
                    None  # a compiler's note goes on with what was said before; a linter's stands alone, with its rule
                )
            return Found.of(_tool(matcher, match), match.groupdict(), matcher.severity)
    return None


def _tool(matcher: Matcher, match: re.Match[str]) -> str:
    """Shellcheck writes like gcc."""
    return (
        "shellcheck"
        if matcher.tool == "cc" and match["message"].endswith("]") and "[SC" in match["message"]
        else matcher.tool
    )


def _command(line: str) -> Found | None:
    """`::error file=a.py,line=3,col=5,title=…::message`, with what would end a part escaped."""
    match = table.COMMAND.match(line)
    if match is None:
        return None
    properties, _, message = match["rest"].partition("::")
    pairs = (part.partition("=") for part in properties.split(",")[:10])
    known = {name.strip(): unquote(value) for name, _, value in pairs}
    groups = {"severity": match["severity"], "message": unquote(message)}
    groups |= {"file": known.get("file", ""), "line": known.get("line", "1"), "column": known.get("col", "")}
    return Found.of(known.get("title", ""), groups, Severity.ERROR)
