"""The text of a YAML or JSON file as nodes that know where they stand in it. Pure; what it costs grows with the text alone, whatever is in it.

Nothing is resolved: an alias is a node that stands for itself, so a few lines can't become a billion nodes, and nothing recurses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_RESOLVER: Any = yaml.SafeLoader("")
_TABS = re.compile(r"^\t+", re.MULTILINE)
_OPENS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSES = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


DEEPEST = 500


class Unreadable(Exception):
    """It is neither YAML nor JSON, or nested too deeply. The text says where."""


@dataclass(slots=True, eq=False)
class Node:
    """`place` counts the file's events. `aliased`: an alias stands for it elsewhere. A mapping's children are its keys and values in turn."""

    event: Any
    place: int
    children: list["Node"] = field(default_factory=list)
    aliased: bool = False

    @property
    def value(self) -> str | None:
        return self.event.value if isinstance(self.event, yaml.ScalarEvent) else None

    @property
    def is_alias(self) -> bool:
        return isinstance(self.event, yaml.AliasEvent)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.event, yaml.MappingStartEvent)

    @property
    def is_list(self) -> bool:
        return isinstance(self.event, yaml.SequenceStartEvent)

    def entries(self) -> Iterator[tuple["Node", "Node"]]:
        """Of a mapping."""
        yield from zip(self.children[::2], self.children[1::2], strict=True)


@dataclass(frozen=True, slots=True)
class Content:
    """A file's documents, and every event of it in order."""

    documents: list[Node]
    events: list[Any]

    def differs_only_at(self, places: dict[int, str], other: "Content") -> bool:
        """Whether the other is this one but for the values of the scalars at those places."""
        return len(self.events) == len(other.events) and all(
            getattr(new, "value", None) == places[place] if place in places else _meaning(old) == _meaning(new)
            for place, (old, new) in enumerate(zip(self.events, other.events, strict=True))
        )


def read(text: str, *, json: bool) -> Content:
    """Raises Unreadable. Tabs that indent JSON are as good as spaces."""
    readable = _TABS.sub(lambda tabs: " " * len(tabs[0]), text) if json else text
    try:
        events = list(_parsed(readable))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(f"line {mark.line + 1}" if mark is not None else "") from None
    return Content(_trees(events), events)


def _parsed(text: str) -> Iterator[Any]:
    """Raises YAMLError, Unreadable. The library takes time for each event by how deep it stands: hours, for a file of brackets alone."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, _OPENS) - isinstance(event, _CLOSES)
        if depth > DEEPEST:
            mark = event.start_mark
            raise Unreadable(f"line {mark.line + 1}" if mark is not None else "")
        yield event


def _trees(events: list[Any]) -> list[Node]:
    documents: list[Node] = []
    open_: list[Node] = []
    anchors: dict[str, Node] = {}
    for place, event in enumerate(events):
        if isinstance(event, _CLOSES):
            open_.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            anchors = {}
        elif isinstance(event, yaml.NodeEvent):
            node = Node(event, place)
            (open_[-1].children if open_ else documents).append(node)
            if node.is_alias and event.anchor in anchors:
                anchors[event.anchor].aliased = True
            elif event.anchor:
                anchors[event.anchor] = node
            if isinstance(event, _OPENS):
                open_.append(node)
    return documents


def is_text(event: Any) -> bool:
    """Whether a scalar is a text, not a number, a truth or nothing."""
    return _tag(event) == "tag:yaml.org,2002:str"


def _tag(event: Any) -> str:
    if event.tag is not None and event.tag != "!":
        return str(event.tag)
    return str(_RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit))


def _meaning(event: Any) -> tuple[Any, ...]:
    if isinstance(event, yaml.ScalarEvent):
        return yaml.ScalarEvent, event.anchor, event.value, _tag(event)
    return type(event), getattr(event, "anchor", None), getattr(event, "tag", None)
