"""What a terminal would show of some output, line by line, as plain text: colours gone, progress bars at their last state.

Only what happens within one line is followed; a program that moves the cursor up draws for people, not for logs.
"""

import re

LONGEST = 4000
"""Characters of a line that are kept."""

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f\x9b]+)"
    r"|(?P<start>\r)"
    r"|(?P<back>\x08)"
    r"|(?P<tab>\t)"
    r"|(?:\x1b\[|\x9b)(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x1f\x7f\x9b]"
)


def shown(data: bytes) -> list[str]:
    """The lines; what is not UTF-8 is replaced. A line that has no end yet counts, an empty one at the end does not."""
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    return [_line(line) for line in lines]


def _line(raw: str) -> str:
    if raw.isprintable():
        return _cut(raw)
    cells: list[str] = []
    cursor = 0
    for token in _TOKEN.finditer(raw.rstrip("\r")):
        if text := (token["text"] or token["tab"] or "")[: LONGEST + 1 - cursor]:
            cells.extend(" " * (cursor - len(cells)))
            cells[cursor : cursor + len(text)] = text
            cursor += len(text)
        elif token["start"]:
            cursor = 0
        elif token["back"]:
            cursor = max(0, cursor - 1)
        elif final := token["final"]:
            cursor = _control(final, token["parameters"], cells, cursor)
    return _cut("".join(cells).rstrip())


def _control(final: str, parameters: str, cells: list[str], cursor: int) -> int:
    """Erase in line (K: to its end, 2K: all of it) and move to a column (G); where the cursor is then."""
    if final == "K" and parameters in ("", "0"):
        del cells[cursor:]
    elif final == "K" and parameters == "2":
        cells.clear()
    elif final == "G" and parameters.isdecimal() and len(parameters) <= len(str(LONGEST)):
        return min(max(0, int(parameters) - 1), len(cells))
    return 0 if final == "G" else cursor


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
