"""YAML text to documents: YAML 1.2's booleans and numbers, every key and value with its place, and limits against bombs.

Works on the parser's events, one by one and without recursion, so that no input can exhaust the stack, and nothing is
expanded before it has been counted. What the keys mean is not known here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.definition.document import Document, Finding, List, Map, Mark, Path, Plain, quoted
from bot.definition.syntax_words import explain

LARGEST_FILE = 1 << 20
MOST_NODES = 50_000
"""Counted with aliases expanded, which is what reading them costs."""
DEEPEST = 64

_STRING_TAGS = ("!", "tag:yaml.org,2002:str")
_COLLECTION_TAGS = ("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class _Unreadable(Exception):
    """Reading cannot go on; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.reason)
        self.finding = finding


def read_documents(data: bytes, tags: Mapping[str, str] = MappingProxyType({})) -> tuple[list[Document], list[Finding]]:
    """The documents of a file, as far as it can be read, and what is wrong with its YAML. Empty documents are left out.

    `tags` are the tags that another format allows: a value so tagged becomes a mapping with it under the key given.
    """
    reader = _Reader(tags)
    try:
        reader.read(_decode(data))
    except _Unreadable as error:
        reader.findings.append(error.finding)
    return reader.documents, reader.findings


def _decode(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        reason = f"The file has {len(data)} bytes, and may have at most {LARGEST_FILE}."
        raise _Unreadable(Finding((), reason, "Move long scripts into files of their own.", Mark(1, 1)))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        remedy = "Save the file as UTF-8."
        raise _Unreadable(Finding((), "The file is not UTF-8 text.", remedy, _mark_after(before))) from None


def _mark_after(text: str) -> Mark:
    return Mark(text.count("\n") + 1, len(text) - text.rfind("\n"))


_NOWHERE = Mark(1, 1)


@dataclass(slots=True)
class _Frame:
    """A collection being read. In a mapping, `key` is the key whose value comes next, None when a key comes next."""

    container: Map | List
    anchor: str | None
    begun_at: int
    tag: str | None = None
    key: str | None = None
    key_mark: Mark = _NOWHERE
    dropping: bool = False

    @property
    def wants_key(self) -> bool:
        return isinstance(self.container, Map) and self.key is None and not self.dropping


class _Reader:
    """One file. Nodes are counted as they come; an alias counts as much as what it stands for."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._tags = tags
        self.documents: list[Document] = []
        self.findings: list[Finding] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._start = Mark(1, 1)

    def read(self, text: str) -> None:
        parser = CParser(text)
        try:
            while not isinstance(event := _next(parser), StreamEndEvent):
                self._take(event)
        except YAMLError as error:
            mark, reason, remedy = explain(error, text)
            raise _Unreadable(Finding((), reason, remedy, mark)) from None

    def _take(self, event: Event) -> None:
        match event:
            case ScalarEvent():
                self._count(event, 1)
                self._add(self._scalar(event), event)
            case AliasEvent():
                self._add(self._alias(event), event)
            case MappingStartEvent():
                self._begin(Map(_mark(event)), event)
            case SequenceStartEvent():
                self._begin(List(_mark(event)), event)
            case MappingEndEvent() | SequenceEndEvent():
                self._end(event)
            case DocumentStartEvent():
                self._anchors.clear()
                self._start = _mark(event)

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            reason = f"The file holds more than {MOST_NODES} values, aliases counted as what they stand for."
            raise _Unreadable(Finding(self._path(), reason, "Make it smaller.", _mark(event)))

    def _begin(self, container: Map | List, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._count(event, 1)
        if len(self._frames) >= DEEPEST:
            reason = f"The file is nested deeper than {DEEPEST} levels."
            raise _Unreadable(Finding((), reason, "Make it flatter.", container.mark))
        if event.tag is not None and event.tag not in _COLLECTION_TAGS and event.tag not in self._tags:
            self._refuse_tag(event, event.tag)
        if event.anchor:
            self._open.add(event.anchor)
        self._frames.append(_Frame(container, event.anchor, self._nodes, event.tag))

    def _end(self, event: Event) -> None:
        frame = self._frames.pop()
        value = self._untagged(frame.tag, frame.container, frame.container.mark)
        if frame.anchor:
            self._open.discard(frame.anchor)
            self._anchors[frame.anchor] = (value, self._nodes - frame.begun_at + 1)
        self._add(value, event, frame.container.mark)

    def _scalar(self, event: ScalarEvent) -> object:
        value: object = str(event.value)
        if event.tag is None and event.implicit[0]:
            value = resolve(event.value)
        elif event.tag in self._tags:
            value = self._untagged(event.tag, value, _mark(event))
        elif event.tag is not None and event.tag not in _STRING_TAGS:
            self._refuse_tag(event, event.tag)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _untagged(self, tag: str | None, value: object, mark: Mark) -> object:
        """A value with a tag that is allowed here, in its long form."""
        if tag is None or tag not in self._tags:
            return value
        long = Map(mark)
        long[self._tags[tag]], long.marks[self._tags[tag]] = value, (mark, mark)
        return long

    def _alias(self, event: AliasEvent) -> object:
        name = str(event.anchor)
        if name in self._open:
            reason, remedy = f"The alias {quoted('*' + name)} stands inside what it names.", "Write the value out."
            raise _Unreadable(Finding(self._path(), reason, remedy, _mark(event)))
        if name not in self._anchors:
            reason = f"The alias {quoted('*' + name)} names nothing that was written before it."
            remedy = f"Mark a value with {quoted('&' + name)} above, or put quotes around a text that begins with `*`."
            raise _Unreadable(Finding(self._path(), reason, remedy, _mark(event)))
        value, nodes = self._anchors[name]
        self._count(event, nodes)
        return value

    def _add(self, value: object, event: Event, mark: Mark | None = None) -> None:
        mark = mark or _mark(event)
        if not self._frames:
            if value is not None:
                self.documents.append(Document(value, mark))
            return
        frame = self._frames[-1]
        if isinstance(frame.container, List):
            frame.container.append(value)
            frame.container.marks.append(mark)
        elif frame.wants_key:
            self._take_key(frame, frame.container, value, mark)
        else:
            if frame.key is not None:
                frame.container[frame.key] = value
                frame.container.marks[frame.key] = (frame.key_mark, mark)
            frame.key, frame.dropping = None, False

    def _take_key(self, frame: _Frame, container: Map, key: object, mark: Mark) -> None:
        """A key that can't be used is told, and its value dropped, so that reading goes on and finds the rest."""
        if not isinstance(key, str):
            self._refuse(mark, "This key is not plain text.", "Write each key as a word in front of a colon.")
        elif key in container:
            first = container.marks[key][0]
            reason = f"The key {quoted(key)} is given twice: it stands in line {first.line} already."
            self._refuse(mark, reason, "Keep one of the two.", key)
        else:
            frame.key, frame.key_mark = str(key), mark
            return
        frame.dropping = True

    def _refuse_tag(self, event: Event, tag: str) -> None:
        written = tag.replace("tag:yaml.org,2002:", "!!")
        self._refuse(
            _mark(event), f"The tag {quoted(written)} is not allowed.", "Write the plain value, without a tag."
        )

    def _refuse(self, mark: Mark, reason: str, remedy: str, key: str = "") -> None:
        path = (*self._path(), key) if key else self._path()
        self.findings.append(Finding(path, reason, remedy, mark))

    def _path(self) -> Path:
        steps = [frame.key if isinstance(frame.container, Map) else len(frame.container) for frame in self._frames]
        return tuple(step for step in steps if step is not None)


def _next(parser: CParser) -> Event:
    event = parser.get_event()
    assert event is not None  # noqa: S101  only so behind the end of the stream, where reading stops
    return event


def _mark(event: Event) -> Mark:
    mark = event.start_mark
    return Mark(mark.line + 1, mark.column + 1) if mark else _NOWHERE


_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{word: Plain(word, value=True) for word in ("true", "True", "TRUE")},
    **{word: Plain(word, value=False) for word in ("false", "False", "FALSE")},
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_BASED_INTEGER = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,300}|[0-9]{1,300}(\.[0-9]{0,300})?)([eE][-+]?[0-9]{1,2})?")


def resolve(text: str) -> object:
    """What an unquoted scalar is in YAML 1.2's core schema. Numbers beyond any use here stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return Plain(text, int(text))
    if _BASED_INTEGER.fullmatch(text):
        return Plain(text, int(text, 0))
    if _FLOAT.fullmatch(text):
        return Plain(text, float(text))
    return text
