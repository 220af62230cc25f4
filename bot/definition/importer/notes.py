"""What an import has to tell: line by line what was mapped, what was approximated, what has no equivalent. No mapping is done here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from bot.definition.document import Document, List, Map, Mark, Path, written


class Kind(StrEnum):
    MAPPED = "mapped"
    APPROXIMATED = "approximated"
    NO_EQUIVALENT = "no equivalent"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the report. `path` is where it stands in the file that was read."""

    kind: Kind
    line: int
    column: int
    path: str
    text: str

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}: {self.path}: " if self.path else f"{self.line}:{self.column}: "
        return f"{where}{self.kind}: {self.text}"


@dataclass(slots=True)
class Ledger:
    """Collects what is to be told of one file. Values keep the marks of what they came from, so a mark is enough to say where."""

    paths: dict[Mark, str]
    entries: dict[tuple[Kind, Mark, str], None] = field(default_factory=dict)

    def mapped(self, mark: Mark, text: str) -> None:
        self._tell(Kind.MAPPED, mark, text)

    def approximated(self, mark: Mark, text: str) -> str:
        """The text comes back, to be written beside what it is about."""
        return self._tell(Kind.APPROXIMATED, mark, text)

    def missing(self, mark: Mark, text: str) -> str:
        return self._tell(Kind.NO_EQUIVALENT, mark, text)

    def problem(self, mark: Mark, text: str) -> None:
        self._tell(Kind.PROBLEM, mark, text)

    def _tell(self, kind: Kind, mark: Mark, text: str) -> str:
        told = one_line(text)
        self.entries[kind, mark, told] = None
        return told

    def path(self, mark: Mark, otherwise: str = "") -> str:
        return self.paths.get(mark, otherwise)

    def notes(self) -> Iterator[Note]:
        """In the order of the file."""
        for kind, mark, text in sorted(self.entries, key=lambda entry: entry[1]):
            yield Note(kind, mark.line, mark.column, self.path(mark), text)


def one_line(text: str) -> str:
    """A text with parts of the file in it, as a line that neither a comment nor a terminal can be hurt by."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def places(documents: Iterable[Document]) -> dict[Mark, str]:
    """The path at each mark. What begins where its first part begins goes by its own path."""
    found: dict[Mark, str] = {}
    for document in documents:
        waiting: list[tuple[Path, Mark, object]] = [((), document.mark, document.root)]
        while waiting:
            path, mark, value = waiting.pop()
            if path:
                found.setdefault(mark, written(path))
            waiting += reversed(list(_parts(path, value)))
    return found


def _parts(path: Path, value: object) -> Iterator[tuple[Path, Mark, object]]:
    if isinstance(value, Map):
        for key, child in value.items():
            on_key, on_value = value.marks[key]
            yield (*path, key), on_value, child
            yield (*path, key), on_key, None
    elif isinstance(value, List):
        for index, child in enumerate(value):
            yield (*path, index), value.marks[index], child
