r"""New values in the text of a YAML or JSON file: each old one is replaced where it stands, and not a character besides. Pure.

A place is a path such as `image.tag`, `containers[0].image`, `images[name=web].newTag`; a dot within a key is written `\.`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from bot.actions.deploying.git.documents import Content, Node, Unreadable, is_text, read

LARGEST = 1 << 19
_MARK = "\ufeff"
_STEP = re.compile(r"((?:[^.\[\]\\]|\\.)+)|\[(\d{1,9})\]|\[([^=\[\]]+)=([^\[\]]*)\]")
_NUMBER = re.compile(r"[0-9]{1,9}")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
"""An anchor and a tag before a value: they stay."""


class ValueRefused(Exception):
    """A value can't be set there. The text is safe to show."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Of a mapping a key, of a list a number, or of a list of mappings the one whose `key` is `value`."""

    key: str = ""
    number: int | None = None
    value: str | None = None


def with_values(text: str, values: Mapping[str, str], name: str) -> str:
    """The text with the values at their places. Raises ValueRefused."""
    if len(text) > LARGEST:
        raise ValueRefused(f"{name} is larger than {LARGEST >> 10} KB")
    mark, text = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    before = _read(text, name)
    found: dict[int, tuple[Node, str]] = {}
    for place, value in values.items():
        node = _found(before, place, name)
        if node.place in found:
            raise ValueRefused(f"{place} in {name} is set twice")
        found[node.place] = node, value
    made = text
    for node, value in sorted(
        found.values(), key=lambda one: one[0].place, reverse=True
    ):  # what is before it stays where it is
        start, end = _span(text, node)
        glue = " " if start == end and start > 0 and text[start - 1] not in " \t\n" else ""
        made = made[:start] + glue + _written(node, value, json_only=_is_json_file(name)) + made[end:]
    if not before.differs_only_at({place: value for place, (_, value) in found.items()}, _read(made, name)):
        raise ValueRefused(f"{', '.join(values)} in {name} can't be set without changing something else")
    return mark + made


def _is_json_file(name: str) -> bool:
    return name.endswith(".json")


def _read(text: str, name: str) -> Content:
    try:
        return read(text, json=_is_json_file(name))
    except Unreadable as error:
        where = f", {error}" if str(error) else ""
        raise ValueRefused(f"{name} can't be read: it is neither YAML nor JSON, or nested too deeply{where}") from None


def _found(content: Content, place: str, name: str) -> Node:
    """The one value at a place."""
    nodes = [(root, root.aliased) for root in content.documents]
    for step in _steps(place):
        nodes = [(node, shared or node.aliased) for parent, shared in nodes for node in _children(parent, step)]
        if any(node.is_alias for node, _ in nodes):
            raise _shared(place, name)
    if not nodes:
        raise ValueRefused(f"{name} has no {place}")
    if len(nodes) > 1:
        raise ValueRefused(f"{name} has {place} in {len(nodes)} places: name the one that is meant")
    node, shared = nodes[0]
    if node.value is None:
        raise ValueRefused(f"{place} in {name} is no single value")
    if shared:
        raise _shared(place, name)
    return node


def _shared(place: str, name: str) -> ValueRefused:
    return ValueRefused(f"{place} in {name} is shared by an alias: setting it would change more than that")


def _steps(place: str) -> tuple[_Step, ...]:
    steps, at = [], 0
    while at < len(place):
        if at and place[at] == ".":
            at += 1
        match = _STEP.match(place, at)
        if match is None:
            raise ValueRefused(f"{place} is no place: write it like image.tag or containers[name=web].image")
        key, number, by, value = match.groups()
        if key is not None:
            steps.append(_Step(re.sub(r"\\(.)", r"\1", key)))
        elif number is not None:
            steps.append(_Step(number=int(number)))
        else:
            steps.append(_Step(by, value=value))
        at = match.end()
    return tuple(steps)


def _children(node: Node, step: _Step) -> Iterator[Node]:
    if node.is_mapping and step.number is None and step.value is None:
        yield from (value for key, value in node.entries() if key.value == step.key)
    elif node.is_list and step.value is not None:
        yield from (item for item in node.children if _has(item, step))
    elif node.is_list:
        number = int(step.key) if _NUMBER.fullmatch(step.key) else step.number
        yield from node.children[number : number + 1] if number is not None else ()


def _has(item: Node, step: _Step) -> bool:
    return item.is_mapping and any(key.value == step.key and value.value == step.value for key, value in item.entries())


def _span(text: str, node: Node) -> tuple[int, int]:
    start, end = node.event.start_mark.index, node.event.end_mark.index
    properties = _PROPERTIES.match(text[start:end])
    start += properties.end() if properties else 0
    if node.event.style in ("|", ">"):  # its last line break stays
        end = start + len(text[start:end].rstrip("\r\n"))
    return start, end


def _written(node: Node, value: str, *, json_only: bool) -> str:
    """In the old value's own style as far as it can hold the new one. What was a text stays one, whatever it looks like."""
    style = node.event.style
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    quoted = json.dumps(value, ensure_ascii=not value.isprintable())
    if style:
        return quoted
    if json_only:
        return value if _is_json(value) else quoted
    readable = _is_plain(value) and (
        not is_text(node.event) or (_TEXT.fullmatch(value) and value.lower() not in _WORDS)
    )
    return value if readable else quoted


_TEXT = re.compile(r"[A-Za-z_/@].*|v?\d+\.\d+\.\d+.*")
"""What every reader of YAML takes for a text. Not so `1e10` and `0o17`, on which versions of YAML differ."""
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


_PLAINEST = 1000
"""Characters: what is longer is put into quotes without a look at it."""


def _is_plain(value: str) -> bool:
    """Whether it can stand without quotes, in a list in brackets, too. Readers differ on tabs."""
    if not value.isprintable() or len(value) > _PLAINEST:
        return False
    try:
        inner = list(yaml.parse(f"[{value}]", Loader=yaml.CSafeLoader))[3:-3]
    except yaml.YAMLError:
        return False
    return (
        len(inner) == 1 and isinstance(inner[0], yaml.ScalarEvent) and inner[0].implicit[0] and inner[0].value == value
    )


def _no_number(name: str) -> None:
    """`NaN` and `Infinity`, which Python reads and no other reader has to."""
    raise ValueError(name)


def _is_json(value: str) -> bool:
    try:
        return isinstance(json.loads(value, parse_constant=_no_number), int | float)
    except (ValueError, RecursionError):
        return False
