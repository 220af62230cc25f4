"""Fitting a text into the characters that a host gives it."""

import unicodedata

ELLIPSIS = "…"
JOINERS = frozenset("\u200d\ufe0e\ufe0f")
"""Zero-width joiner and variation selectors: they belong to the character before them."""

WORD_WITHIN = 24
"""How far back a cut looks for the end of a word; a single long word is cut inside."""


def shortened(text: str, limit: int) -> str:
    """The text on one line, cut after a word where it is too long, never inside a composed character."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    end = limit - len(ELLIPSIS)
    space = line.rfind(" ", max(0, end - WORD_WITHIN), end + 1)
    if space > 0:
        end = space
    while end > 0 and _joined(line, end):
        end -= 1
    return line[:end].rstrip(" ,;:·(") + ELLIPSIS


def _joined(text: str, index: int) -> bool:
    """Whether the character at `index` continues the one before it."""
    return text[index] in JOINERS or text[index - 1] == "\u200d" or unicodedata.combining(text[index]) != 0
