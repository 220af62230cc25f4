"""A YAML document as plain values that know where they were written, and paths into it. No grammar and no YAML syntax here.

Values are `str`, `Plain`, `None`, `Map` and `List`. A `Plain` is a number or a boolean that still is its text as written:
`VERSION: 1.10` means the text 1.10 where text is wanted, and a number only where a number is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in the file, counted from 1."""

    line: int
    column: int


class Plain(str):
    """An unquoted number or boolean: the text as written, and in `value` what YAML 1.2 takes it for."""

    __slots__ = ("value",)
    value: bool | int | float

    def __new__(cls, text: str, value: bool | int | float) -> Self:  # noqa: PYI041  bool is told apart from int
        self = super().__new__(cls, text)
        self.value = value
        return self


class Map(dict[str, object]):
    """A mapping; `marks` has, by key, where the key and where its value stand."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, tuple[Mark, Mark]] = {}


class List(list[object]):
    """A list; `marks` has where each item stands."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []


@dataclass(frozen=True, slots=True)
class Document:
    root: object
    mark: Mark


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path of a document. `mark` places it where the path alone would not, or not well enough.

    `on_key` points at the key instead of at its value.
    """

    path: Path
    reason: str
    remedy: str = ""
    mark: Mark | None = None
    on_key: bool = False


def native(value: object) -> object:
    """The value as ordinary Python data, numbers and booleans as such."""
    match value:
        case Plain():
            return value.value
        case Map():
            return {key: native(child) for key, child in value.items()}
        case List():
            return [native(child) for child in value]
    return value


def texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in the value, however deep, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Map):
        for key, child in value.items():
            yield from texts(child, (*path, key))
    elif isinstance(value, List):
        for index, child in enumerate(value):
            yield from texts(child, (*path, index))


def locate(document: Document, finding: Finding) -> tuple[Mark, str]:
    """Where the finding is in the file, and its path as people write it."""
    taken, key_mark, value_mark = _follow(document, finding.path)
    return finding.mark or (key_mark if finding.on_key else value_mark), written(taken)


def taken(document: Document, path: Path) -> Path:
    """The path as far as the document goes.

    Shorthands make a path longer than the document is deep (`branches: main` is read as `branches.include[0]`): what the
    document does not have is left out.
    """
    return _follow(document, path)[0]


def _follow(document: Document, path: Path) -> tuple[Path, Mark, Mark]:
    """The steps that could be taken, and where the last one's key and value stand."""
    value, marks = document.root, (document.mark, document.mark)
    steps: list[str | int] = []
    for step in path:
        if isinstance(value, Map) and isinstance(step, str):
            steps.append(step)
            if step not in value:  # It is missing, which is what the finding is about: its mapping is shown.
                marks = (marks[1], marks[1])
                break
            marks, value = value.marks[step], value[step]
        elif isinstance(value, List) and isinstance(step, int) and step < len(value):
            steps.append(step)
            marks, value = (value.marks[step], value.marks[step]), value[step]
    return tuple(steps), *marks


def written(path: Path) -> str:
    """`stages[1].actions[0].run`; a key that would be misread so is quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif len(step) <= _LONGEST_QUOTE and step.replace("_", "").replace("-", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f"[{quoted(step)}]"
    return text


_LONGEST_QUOTE = 60


def quoted(text: object) -> str:
    """A value from the file inside a sentence: short, on one line, and unable to end its own quotes."""
    shown = "".join(char if char.isprintable() else " " for char in str(text)[: _LONGEST_QUOTE + 1]).replace("`", "'")
    return f"`{shown[:_LONGEST_QUOTE]}…`" if len(shown) > _LONGEST_QUOTE else f"`{shown}`"
