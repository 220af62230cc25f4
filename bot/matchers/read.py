"""Goes through the lines of a log and collects what the formats find, as far as it is about files of the work tree."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from bot.matchers import table
from bot.matchers.matcher import SEVERITIES, Matcher, Pair
from bot.matchers.paths import Exists, located
from bot.model.annotation import Annotation, Severity

LONGEST_LINE = 2000
LONGEST_MESSAGE = 500
MOST = 50
"""Remarks of one log that are kept; errors before warnings."""

DEEPEST = 200
"""Frames of a traceback that are kept."""

LOOKED_AT = 2000
"""Remarks after which no more are looked for."""

Groups = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Found:
    """`places` are files and lines, of which the first in the work tree counts: those of a traceback, the innermost first."""

    tool: str
    groups: Groups
    severity: Severity
    places: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, tool: str, groups: Groups, severity: Severity) -> "_Found":
        return cls(tool, groups, severity, ((groups.get("file") or "", groups.get("line") or ""),))


@dataclass(slots=True)
class _Waiting:
    """A first line that has been seen, and how many more lines its second may stand below."""

    pair: Pair
    groups: dict[str, str | None]
    left: int


def annotations_of(text: str, root: str, start: str, exists: Exists) -> tuple[Annotation, ...]:
    """What the log remarks, in its order but for errors first. `root` is the work tree, `start` the folder that commands begin in."""
    seen: dict[Annotation, None] = {}
    reader = _Reader(start)
    for line in text.splitlines():
        for found in reader.read(line[:LONGEST_LINE]):
            annotation = _annotation(found, root, reader.folders, exists)
            if annotation is not None:
                seen.setdefault(annotation)
        if len(seen) >= LOOKED_AT:
            break
    order = list(Severity)
    return tuple(sorted(seen, key=lambda one: order.index(one.severity))[:MOST])


class _Reader:
    """Line by line; what it waits for is forgotten when it does not come."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._entered: list[str] = []
        self._waiting: _Waiting | None = None
        self._traceback: list[tuple[str, str]] | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        return (*self._entered[-1:], self._start)

    def read(self, line: str) -> Iterator[_Found]:
        if line.startswith("::") and (command := _command(line)):
            yield command
            return
        if self._moved(line):
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
            yield found
        else:
            self._first(line)

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

    def _raised(self, line: str) -> _Found | None:
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
        return _Found("python", raised.groupdict(), Severity.ERROR, tuple(reversed(frames)))

    def _second(self, line: str) -> _Found | None:
        waiting = self._waiting
        if waiting is None:
            return None
        waiting.left -= 1
        if match := waiting.pair.second.match(line):
            if not waiting.pair.many:
                self._waiting = None
            else:
                waiting.left = waiting.pair.within
            return _Found.of(waiting.pair.tool, {**waiting.groups, **match.groupdict()}, waiting.pair.severity)
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


def _one_line(line: str) -> _Found | None:
    for matcher in table.LINES:
        if match := matcher.line.fullmatch(line):
            if matcher.tool == "cc" and match["severity"] == "note" and not match["message"].endswith("]"):
                return (
                    None  # a compiler's note goes on with what was said before; a linter's stands alone, with its rule
                )
            return _Found.of(_tool(matcher, match), match.groupdict(), matcher.severity)
    return None


def _tool(matcher: Matcher, match: re.Match[str]) -> str:
    """Shellcheck writes like gcc."""
    return (
        "shellcheck"
        if matcher.tool == "cc" and match["message"].endswith("]") and "[SC" in match["message"]
        else matcher.tool
    )


def _command(line: str) -> _Found | None:
    """`::error file=a.py,line=3,col=5,title=…::message`, with what would end a part escaped."""
    match = table.COMMAND.match(line)
    if match is None:
        return None
    properties, _, message = match["rest"].partition("::")
    pairs = (part.partition("=") for part in properties.split(",")[:10])
    known = {name.strip(): unquote(value) for name, _, value in pairs}
    groups = {"severity": match["severity"], "message": unquote(message)}
    groups |= {"file": known.get("file", ""), "line": known.get("line", "1"), "column": known.get("col", "")}
    return _Found.of(known.get("title", ""), groups, Severity.ERROR)


def _annotation(found: _Found, root: str, folders: tuple[str, ...], exists: Exists) -> Annotation | None:
    groups = found.groups
    for file, line in found.places:
        path = located(file, root, folders, exists)
        number = _number(line)
        if path and number:
            message, code = _message(groups.get("message") or "", groups.get("code") or "")
            severity = SEVERITIES.get((groups.get("severity") or "").lower(), found.severity)
            return Annotation(path, number, severity, message, _number(groups.get("column")), code, found.tool)
    return None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else 0  # noqa: PLR2004  as in the formats


def _message(text: str, code: str) -> tuple[str, str]:
    """Without the rule that stands in brackets at its end, where the tool has not named it elsewhere."""
    text = text.strip()
    for opening, closing in ("[]", "()"):
        at = text.rfind(opening)
        if not code and text.endswith(closing) and at > 0 and text[at - 1] == " ":
            inside = text[at + 1 : -1]
            if table.CODE.fullmatch(inside):
                text, code = text[:at].rstrip(), inside
    if not code and "  " in text:  # eslint: the message, two spaces, the rule
        before, _, after = text.rpartition("  ")
        if before.strip() and table.CODE.fullmatch(after):
            text, code = before.rstrip(), after
    return text[:LONGEST_MESSAGE] or code, code
