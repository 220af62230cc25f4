"""Goes through a log and makes annotations of what its lines say, as far as it is about files of the work tree."""

from collections.abc import Iterable

from bot.matchers import table
from bot.matchers.lines import Found, Reader
from bot.matchers.matcher import SEVERITIES
from bot.matchers.paths import Exists, located
from bot.model.annotation import Annotation, Severity

LONGEST_LINE = 2000
LONGEST_MESSAGE = 500
MOST = 50
"""Remarks of one log that are kept; errors before warnings."""

LOOKED_AT = 2000
"""Remarks after which no more are looked for."""


def annotations_of(text: str, root: str, start: str, exists: Exists) -> tuple[Annotation, ...]:
    """What the log remarks, in its order but for errors first. `root` is the work tree, `start` the folder that commands begin in."""
    seen: dict[Annotation, None] = {}
    reader = Reader(start)

    def take(found: Found) -> None:
        folders = (*(f"{root}/{folder}" for folder in found.folders), *reader.folders)
        annotation = _annotation(found, root, folders, exists)
        if annotation is not None:
            seen.setdefault(annotation)
            reader.taken()

    for line in text.splitlines():
        for found in reader.read(line[:LONGEST_LINE]):
            take(found)
        if len(seen) >= LOOKED_AT:
            break
    for found in reader.end():
        take(found)
    return worst_first(seen)


def worst_first(found: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Errors first, each once, and no more than are kept."""
    order = list(Severity)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order.index(one.severity))[:MOST])


def _annotation(found: Found, root: str, folders: tuple[str, ...], exists: Exists) -> Annotation | None:
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
