"""Plain text of any origin made fit to be shown: on one line, without characters that hide or reorder, within a size."""

import re
import unicodedata
from collections.abc import Sequence

from rich.cells import split_graphemes

ELLIPSIS = "…"
SEPARATOR = " · "

_JOINER = "\u200d"  # Families and flags of emoji are held together by it.
_LEAST_PART = 12  # A part cut shorter than this tells nothing any more.


def one_line(text: str, limit: int = 1000) -> str:
    """The text on one line, whatever it was, at most `limit` characters."""
    return shorten(" ".join("".join(map(_visible, text[: 4 * limit + 64])).split()), limit)


def many_lines(text: str) -> list[str]:
    """The text's lines, cleaned one by one; a line that was written over (progress bars do) is as it was last."""
    lines = text.replace("\r\n", "\n").split("\n")
    return ["".join(map(_visible, line.rstrip("\r").rpartition("\r")[2].expandtabs(4))).rstrip() for line in lines]


def _visible(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    match unicodedata.category(char):
        case "Cc" | "Zs" | "Zl" | "Zp":
            return " "
        case "Cf":
            return char if char == _JOINER else ""
        case "Cs":
            return "\ufffd"  # A lone surrogate can't be encoded, so it can't be sent.
        case _:
            return char


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut behind a word, or, where one word is too long, never inside a grapheme."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    room = limit - len(ELLIPSIS)
    cut = text[: room + 1].rpartition(" ")[0]
    if len(cut) <= room // 2:  # one long word: better a part of it than nothing
        cut = text[: _grapheme_end(text, room)]
    return re.sub(r"[\s·,;:(]+$", "", cut) + ELLIPSIS


def _grapheme_end(text: str, room: int) -> int:
    """Where the last whole grapheme ends that lies within `room`."""
    spans, _ = split_graphemes(text[: room + 32])
    return max((end for _, end, _ in spans if end <= room), default=0)


def fit(parts: Sequence[str], limit: int) -> str:
    """The parts side by side, the first ones surely; what does not fit is cut short or left out, from the end."""
    shown = ""
    for part in filter(None, parts):
        room = limit - len(shown) - len(SEPARATOR)
        if not shown:
            shown = shorten(part, limit)
        elif len(part) <= room:
            shown += SEPARATOR + part
        elif room >= _LEAST_PART:
            return shown + SEPARATOR + shorten(part, room)
        else:
            break
    return shown
