"""The two ends of a conversion: a mapping that is emptied key by key, and one that is made, with remarks. No format is known here."""

from collections.abc import Iterator, Mapping, Sequence

from bot.definition.document import List, Map, Mark, Plain


class Piece:
    """A mapping of the file being read. What nobody took is left over, so that nothing is lost in silence."""

    def __init__(self, value: object, mark: Mark) -> None:
        self.body = value if isinstance(value, Map) else Map(mark)
        self.start = mark
        self._taken: set[str] = set()

    def take(self, key: str) -> object:
        self._taken.add(key)
        return self.body.get(key)

    def text(self, key: str) -> str:
        """The text of a key; empty when there is none or it is no text."""
        value = self.take(key)
        return str(value) if isinstance(value, str) else ""

    def piece(self, key: str) -> "Piece":
        return Piece(self.take(key), self.mark(key))

    def pieces(self, key: str) -> list["Piece"]:
        """The mappings of a list."""
        return [Piece(item, mark) for mark, item in marked(self.take(key)) if isinstance(item, Map)]

    def names(self, key: str) -> list[tuple[Mark, str]]:
        """The `name`s of a list of mappings, as CodePipeline writes artifacts."""
        return [(piece.mark("name"), name) for piece in self.pieces(key) if (name := piece.text("name"))]

    def texts(self, key: str) -> list[str]:
        return [str(item) for _, item in marked(self.take(key)) if isinstance(item, str)]

    def mark(self, key: str) -> Mark:
        return self.body.marks[key][1] if key in self.body.marks else self.start

    def on_key(self, key: str) -> Mark:
        return self.body.marks[key][0] if key in self.body.marks else self.start

    def left(self) -> Iterator[str]:
        yield from (key for key in self.body if key not in self._taken)

    def __bool__(self) -> bool:
        return bool(self.body)


def marked(value: object) -> Iterator[tuple[Mark, object]]:
    if isinstance(value, List):
        yield from zip(value.marks, value, strict=True)


class Made(Map):
    """A mapping of the pipeline file being made. `remarks` has, by key, the comments above it."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(mark)
        self.remarks: dict[str, list[str]] = {}

    def put(self, key: str, value: object, mark: Mark | None = None) -> None:
        """Python data as a node, all of it at one place; nodes stay as they are."""
        mark = mark or self.mark
        self[key], self.marks[key] = plant(value, mark), (mark, mark)

    def remark(self, key: str, text: str) -> None:
        """A comment above a key; above the whole mapping when the key is empty."""
        texts = self.remarks.setdefault(key, [])
        if text not in texts:
            texts.append(text)


def plant(value: object, mark: Mark) -> object:
    match value:
        case Made() | Plain() | str() | None:
            return value
        case bool():
            return Plain("true" if value else "false", value)
        case int() | float():
            return Plain(str(value), value)
        case Mapping():
            made = Made(mark)
            for key, child in value.items():
                made.put(str(key), child)
            return made
        case Sequence():
            items = List(mark)
            items.extend(plant(child, mark) for child in value)
            items.marks = [mark] * len(value)
            return items
    return str(value)


def gather(items: Sequence[Map], mark: Mark) -> List:
    """Nodes to a list that keeps where each came from."""
    gathered = List(mark)
    gathered.extend(items)
    gathered.marks = [item.mark for item in items]
    return gathered
