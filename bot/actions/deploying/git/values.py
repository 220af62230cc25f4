r"""New values in the text of a YAML or JSON file: each old one is replaced where it stands, and not a character besides. Pure.

A place is a path such as `image.tag`, `containers[0].image`, `images[name=web].newTag`; a dot within a key is written `\.`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST = 1 << 20
_STEP = re.compile(r"((?:[^.\[\]\\]|\\.)+)|\[(\d+)\]|\[([^=\[\]]+)=([^\[\]]*)\]")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
"""An anchor and a tag before a value: they stay."""
_STR = "tag:yaml.org,2002:str"


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
        raise ValueRefused(f"{name} is larger than {LARGEST >> 20} MB")
    for place, value in values.items():
        text = _with_value(text, place, value, name)
    return text


def _with_value(text: str, place: str, value: str, name: str) -> str:
    documents = _composed(text, name)
    steps = _steps(place)
    found = [node for document in documents for node in _at(document, steps)]
    if not found:
        raise ValueRefused(f"{name} has no {place}")
    if len(found) > 1:
        raise ValueRefused(f"{name} has {place} in {len(found)} places: name the one that is meant")
    node = found[0]
    if not isinstance(node, yaml.ScalarNode):
        raise ValueRefused(f"{place} in {name} is no single value")
    if _is_shared(documents, node):
        raise ValueRefused(f"{place} in {name} is shared by an alias: setting it would change more than that")
    start, end = _span(text, node)
    written = _written(node, value, json_only=name.endswith(".json"))
    glue = " " if start == end and start > 0 and text[start - 1] not in " \t\n" else ""
    made = text[:start] + glue + written + text[end:]
    _check(documents, _composed(made, name), node, steps, value, f"{place} in {name}")
    return made


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


def _composed(text: str, name: str) -> list[Any]:
    """The documents of the file as nodes, which know where they stand. Tabs that indent JSON are as good as spaces."""
    readable = re.sub(r"(?m)^\t+", lambda tabs: " " * len(tabs[0]), text) if name.endswith(".json") else text
    try:
        return list(yaml.compose_all(readable, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise ValueRefused(f"{name} can't be read: it is neither YAML nor JSON{where}") from None


def _at(node: Any, steps: tuple[_Step, ...]) -> Iterator[Any]:
    if node is None:
        return
    if not steps:
        yield node
        return
    step, rest = steps[0], steps[1:]
    if isinstance(node, yaml.MappingNode) and step.number is None and step.value is None:
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == step.key:
                yield from _at(value, rest)
    elif isinstance(node, yaml.SequenceNode):
        yield from (found for item in _items(node, step) for found in _at(item, rest))


def _items(node: Any, step: _Step) -> list[Any]:
    number = int(step.key) if step.number is None and step.value is None and step.key.isdecimal() else step.number
    if number is not None:
        return list(node.value[number : number + 1])
    if step.value is None:
        return []
    wanted = (_Step(step.key),)
    return [item for item in node.value if any(getattr(one, "value", None) == step.value for one in _at(item, wanted))]


def _is_shared(documents: list[Any], node: Any) -> bool:
    return sum(each is node for document in documents for each in _walk(document, 0)) > 1


def _walk(node: Any, depth: int) -> Iterator[Any]:
    """Every node as often as it is named. Aliases of whole structures are nobody's values here, so a depth is enough of an end."""
    if node is None or depth > 100:  # noqa: PLR2004
        return
    yield node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(key, depth + 1)
            yield from _walk(value, depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _walk(item, depth + 1)


def _span(text: str, node: Any) -> tuple[int, int]:
    start, end = node.start_mark.index, node.end_mark.index
    properties = _PROPERTIES.match(text[start:end])
    start += properties.end() if properties else 0
    if node.style in ("|", ">"):  # its last line break stays
        end = start + len(text[start:end].rstrip("\n"))
    return start, end


def _written(node: Any, value: str, *, json_only: bool) -> str:
    """In the old value's own style as far as it can hold the new one. What was a text stays one, whatever it looks like."""
    if node.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    quoted = json.dumps(value, ensure_ascii=not value.isprintable())
    if node.style is not None:
        return quoted
    if json_only:
        return value if _is_json(value) else quoted
    readable = _is_plain(value) and (node.tag != _STR or (_TEXT.fullmatch(value) and value.lower() not in _WORDS))
    return value if readable else quoted


_TEXT = re.compile(r"[A-Za-z_/@].*|v?\d+\.\d+\.\d+.*")
"""What every reader of YAML takes for a text. Not so `1e10` and `0o17`, on which versions of YAML differ."""
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def _is_plain(value: str) -> bool:
    """Whether it can stand without quotes, in a list in brackets, too."""
    try:
        listed: Any = yaml.compose(f"[{value}]", Loader=yaml.SafeLoader)
        nodes = listed.value
    except yaml.YAMLError:
        return False
    return (
        len(nodes) == 1 and isinstance(nodes[0], yaml.ScalarNode) and (nodes[0].style, nodes[0].value) == (None, value)
    )


def _is_json(value: str) -> bool:
    try:
        return isinstance(json.loads(value), int | float)
    except ValueError:
        return False


def _check(before: list[Any], after: list[Any], node: Any, steps: tuple[_Step, ...], value: str, what: str) -> None:
    """Nothing else may have changed, and the value must be there: whatever this file is like, it is not harmed."""
    told = [one for document in after for one in _at(document, steps)]
    selected = any(step.value is not None for step in steps)  # what a list's entry was found by may be what was set
    if not selected and [getattr(one, "value", None) for one in told] != [value]:
        raise ValueRefused(f"{what} can't be set without changing something else")
    olds = [each for document in before for each in _walk(document, 0)]
    news = [each for document in after for each in _walk(document, 0)]
    same = len(olds) == len(news) and all(
        old is node or (type(old) is type(new) and (not isinstance(old, yaml.ScalarNode) or _equal(old, new)))
        for old, new in zip(olds, news, strict=False)
    )
    if not same:
        raise ValueRefused(f"{what} can't be set without changing something else")


def _equal(old: Any, new: Any) -> bool:
    return (old.value, old.tag) == (new.value, new.tag)
