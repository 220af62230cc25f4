"""Terminal output, a line at a time, as HTML: colours and weights kept, carriage returns resolved, all else escaped.

A small strict parser rather than rich's: that one cuts at the last carriage return, so a line ending in one vanishes, and
takes quadratic time on hostile sequences. Here every sequence that is not understood is dropped, in linear time.
"""

import re
from typing import NamedTuple

from markupsafe import Markup, escape

LINE_LIMIT = 8192
"""Characters shown of one line; the raw log has the rest."""

MOVE_LIMIT = 512
"""Columns that a cursor movement may open."""

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<arguments>[0-?]{0,64})[ -/]{0,4}(?P<final>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
    r"|\x1b[ -/]{0,4}[0-~]?"
    r"|(?P<control>.)",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
_RESETS = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}, 29: {"strike"}}
_GROUNDS = ((30, "foreground", 0), (40, "background", 0), (90, "foreground", 8), (100, "background", 8))
_LEVELS = (0, 95, 135, 175, 215, 255)


class Colour(NamedTuple):
    """One of the 256, and the exact colour where one was given: style sheets hold the former, scripts can set the latter."""

    number: int
    exact: str = ""


class Style(NamedTuple):
    foreground: Colour | None = None
    background: Colour | None = None
    attributes: frozenset[str] = frozenset()


PLAIN = Style()

_EXTENDED = {38: "foreground", 48: "background"}
_COLOURS: dict[int, tuple[str, Colour | None]] = {
    **{first + n: (ground, Colour(n + bright)) for first, ground, bright in _GROUNDS for n in range(8)},
    39: ("foreground", None),
    49: ("background", None),
}


class Painter:
    """Paints lines one after another; a style lasts until it is changed, across lines too."""

    def __init__(self) -> None:
        self._style = PLAIN

    def paint(self, raw: bytes) -> Markup:
        """The line (without its line feed) as HTML."""
        text = raw[: LINE_LIMIT * 4].decode("utf-8", "replace")
        if self._style is PLAIN and not _CONTROL.search(text):
            cut = text[:LINE_LIMIT]
            return escape(cut) + _left_out(len(text) - len(cut), raw)
        cells = _Cells()
        for token in _TOKEN.finditer(text):
            self._take(token, cells)
        return cells.html() + _left_out(len(cells.characters) - LINE_LIMIT, raw)

    def _take(self, token: re.Match[str], cells: "_Cells") -> None:
        if token["text"] is not None:
            cells.write(token["text"], self._style)
        elif token["final"] == "m":
            self._style = _restyled(self._style, token["arguments"])
        elif token["final"] is not None:
            cells.move(token["final"], token["arguments"])
        elif token["control"] == "\r":
            cells.cursor = 0
        elif token["control"] == "\b":
            cells.cursor = max(0, cells.cursor - 1)


def _left_out(characters: int, raw: bytes) -> Markup:
    """A note about what is not shown of a long line."""
    beyond = max(0, len(raw) - LINE_LIMIT * 4)
    if characters <= 0 and not beyond:
        return Markup()
    return Markup('<span class="cut"> … the rest of this line is in the raw log</span>')


class _Cells:
    """One line of a terminal: what stands in each column, and how."""

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.styles: list[Style] = []
        self.cursor = 0

    def write(self, text: str, style: Style) -> None:
        end = self.cursor + len(text)
        self.characters[self.cursor : end] = text
        self.styles[self.cursor : end] = [style] * len(text)
        self.cursor = end

    def move(self, final: str, arguments: str) -> None:
        number = int(arguments) if arguments.isdecimal() else 0
        if final == "K":
            self._erase(number)
        elif final == "D":
            self.cursor = max(0, self.cursor - max(1, number))
        elif final in "CG":
            target = number - 1 if final == "G" else self.cursor + max(1, number)
            self._go(max(0, min(target, len(self.characters) + MOVE_LIMIT)))

    def _erase(self, mode: int) -> None:
        """From the cursor on (0), up to it (1), or the whole line (2)."""
        if mode == 1:
            end = min(self.cursor + 1, len(self.characters))
            self.characters[:end] = " " * end
            self.styles[:end] = [PLAIN] * end
            return
        start = self.cursor if mode == 0 else 0
        del self.characters[start:], self.styles[start:]
        self._go(self.cursor)

    def _go(self, column: int) -> None:
        missing = column - len(self.characters)
        if missing > 0:
            self.characters += " " * missing
            self.styles += [PLAIN] * missing
        self.cursor = column

    def html(self) -> Markup:
        parts: list[str] = []
        start = 0
        end = min(len(self.characters), LINE_LIMIT)
        for at in range(1, end + 1):
            if at == end or self.styles[at] is not self.styles[start]:
                parts.append(_span("".join(self.characters[start:at]), self.styles[start]))
                start = at
        return Markup("".join(parts))  # noqa: S704  every part is escaped by _span


def _span(text: str, style: Style) -> str:
    if style == PLAIN:
        return str(escape(text))
    foreground, background = style.foreground, style.background
    classes = sorted(style.attributes - {"inverse"})
    if "inverse" in style.attributes:
        foreground, background = background, foreground
        classes += [name for name, colour in (("ink", foreground), ("paper", background)) if colour is None]
    exact = ""
    for name, colour in (("f", foreground), ("b", background)):
        if colour is not None:
            classes.append(f"{name}{colour.number}")
            exact += f' data-{name}="{colour.exact}"' if colour.exact else ""
    return f'<span class="{" ".join(classes)}"{exact}>{escape(text)}</span>'


def _restyled(style: Style, arguments: str) -> Style:
    """What Select Graphic Rendition (ECMA-48, 8.3.117) makes of a style; unknown codes change nothing."""
    codes = [int(part) if part.isdecimal() else 0 for part in arguments.replace(":", ";").split(";")]
    at = 0
    while at < len(codes):
        code = codes[at]
        at += 1
        if code in _EXTENDED:
            colour, at = _extended(codes, at)
            style = _coloured(style, _EXTENDED[code], colour) if colour else style
        else:
            style = _changed(style, code)
    return style


def _changed(style: Style, code: int) -> Style:
    """The style after one code that stands alone."""
    if code == 0:
        return PLAIN
    if code in _ATTRIBUTES:
        return style._replace(attributes=style.attributes | {_ATTRIBUTES[code]})
    if code in _RESETS:
        return style._replace(attributes=style.attributes - _RESETS[code])
    return _coloured(style, *_COLOURS[code]) if code in _COLOURS else style


def _coloured(style: Style, ground: str, colour: Colour | None) -> Style:
    return style._replace(foreground=colour) if ground == "foreground" else style._replace(background=colour)


def _extended(codes: list[int], at: int) -> tuple[Colour | None, int]:
    """The colour behind 38 or 48, `5;n` or `2;r;g;b`, and where to go on."""
    match codes[at : at + 4]:
        case [5, index, *_]:
            return Colour(min(index, 255)), at + 2
        case [2, red, green, blue]:
            return _exactly(min(red, 255), min(green, 255), min(blue, 255)), at + 4
        case _:
            return None, len(codes)


def _exactly(red: int, green: int, blue: int) -> Colour:
    """The colour, and the closest of the colour cube's 216 to it."""
    place = [min(range(6), key=lambda level: abs(_LEVELS[level] - part)) for part in (red, green, blue)]
    return Colour(16 + 36 * place[0] + 6 * place[1] + place[2], f"#{red:02x}{green:02x}{blue:02x}")
