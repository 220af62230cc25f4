"""What one conversion knows all along: new names of artifacts and namespaces, and how a text is taken over."""

import re
from dataclasses import dataclass, field

from bot.definition.checks.references import SOURCE_KEYS
from bot.definition.document import Mark
from bot.definition.importer.notes import Ledger
from bot.definition.importer.pieces import Made, Piece
from bot.definition.importer.placeholders import Hole, as_placeholders, plain, variable, without
from bot.definition.importer.template import Surroundings
from bot.definition.outline import SOURCE

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")
_ALMOST = {"CommitterDate": "AuthorDate"}
_LONGEST_NAME = 100


@dataclass(slots=True)
class Conversion:
    """`region` is home, "" when it is not told. `artifacts` and `namespaces` lead from the names there to those here; `used` are holes that became variables."""

    ledger: Ledger
    around: Surroundings
    region: str = ""
    artifacts: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)
    used: dict[str, Hole] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    """What is to be said beside the part that is being converted."""

    def text(self, text: str, mark: Mark, *, command: bool = False) -> str:
        """A text in which references are resolved; `command` for what a shell reads."""
        for hole in self.around.holes.found(text):
            if hole.is_variable:
                self.used.setdefault(variable(hole), hole)
            else:
                self._left_open(hole, mark)
        return self.referring(self.around.holes.as_variables(text, command=command), mark)

    def fixed(self, text: str, mark: Mark) -> str:
        """A text in which nothing is resolved."""
        for hole in self.around.holes.found(text):
            self._left_open(hole, mark)
        return as_placeholders(text)

    def _left_open(self, hole: Hole, mark: Mark) -> None:
        told = f"`{hole.name}` is {hole.origin}: put its value in its place"
        self.open.append(self.ledger.approximated(mark, told))

    def remark(self, made: Made) -> None:
        """Say above a part what was left open in it."""
        for text in self.open:
            made.remark("", text)
        self.open.clear()

    def name(self, text: str) -> str:
        """A name that we accept, as near as it gets. The stack's part in it goes: here is no stack."""
        rest = without(self.around.holes.found(text), text)
        kept = rest if re.search(r"[A-Za-z0-9]", rest) else text
        return _told_apart(r"[^A-Za-z0-9.@_-]+", kept, text)

    def artifact(self, name: str) -> str:
        return self.artifacts.get(name, _told_apart(r"[^A-Za-z0-9_-]+", name, name))

    def referring(self, text: str, mark: Mark) -> str:
        """References under their new names."""

        def written(match: re.Match[str]) -> str:
            namespace, key = self.namespaces.get(match[1], match[1]), match[2]
            if namespace != SOURCE or match[1] not in self.namespaces or key in SOURCE_KEYS:
                return f"#{{{namespace}.{key}}}"
            return self._source_key(match[0], key, mark)

        return _REFERENCE.sub(written, text)

    def _source_key(self, whole: str, key: str, mark: Mark) -> str:
        if key in _ALMOST:
            told = f"`{whole}` became `#{{source.{_ALMOST[key]}}}`"
            self.open.append(self.ledger.approximated(mark, told))
            return f"#{{source.{_ALMOST[key]}}}"
        told = f"`{whole}` has no equivalent: the source has {', '.join(SOURCE_KEYS)}"
        self.open.append(self.ledger.missing(mark, told))
        return f"${{source.{key}}}"

    def leave(self, piece: Piece, what: str) -> list[str]:
        """Tell of every key that nobody took; what was told comes back."""
        return [
            self.ledger.missing(piece.on_key(key), f"{what} `{key}` has no meaning here")
            for key in piece.left()
            if piece.body[key] not in (None, "", [], {})
        ]


def _told_apart(unknown: str, kept: str, text: str) -> str:
    """A name with what it may not contain replaced. One that may stay is left alone."""
    name = re.sub(unknown, "-", plain(kept))
    return (name if name == text else name.strip("-"))[:_LONGEST_NAME]


def flag(text: str, *, default: bool) -> bool:
    """CodePipeline's booleans are texts."""
    return {"true": True, "false": False}.get(text.strip().lower(), default)


def duration(minutes: str) -> str:
    """Minutes as a person writes them; empty when it is no number of minutes."""
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 10):  # noqa: PLR2004
        return ""
    number = int(minutes)
    days, hours = number // 1440, number // 60
    if number and number % 1440 == 0:
        return f"{days}d"
    if number and number % 60 == 0:
        return f"{hours}h"
    return f"{number}m" if number < 60 else f"{hours}h{number % 60}m"  # noqa: PLR2004
