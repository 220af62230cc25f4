"""A document to the text of a pipeline file, as a person would have written it: block style, short lists in a line, remarks as comments."""

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.definition.document import List, Map, Plain, native
from bot.definition.importer.notes import one_line
from bot.definition.importer.pieces import Made
from bot.definition.syntax import resolve

_SHORT = 80
_WIDTH = 100
_QUOTED = re.compile(r"^[*&!|>%@`#{\[,?:-]|: | #|[\[\]{},]")
_RESOLVER = yaml.resolver.Resolver()


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002  the library's signature
        """Items of a list stand further in than its key."""
        return super().increase_indent(flow, False)


@dataclass(slots=True)
class _Remarks:
    """Comments, and the word that stands for them on the way through the library, which cannot write any."""

    word: str
    texts: list[str] = field(default_factory=list)

    def marker(self, text: str) -> yaml.Node:
        self.texts.append(text)
        return yaml.ScalarNode("tag:yaml.org,2002:str", f"{self.word}{len(self.texts) - 1}")

    def written(self, text: str) -> str:
        return re.sub(rf"^( *)(- )?{self.word}(\d+)(:)?$", self._comment, text, flags=re.MULTILINE)

    def _comment(self, match: re.Match[str]) -> str:
        inside = bool(match[2] and match[4])  # Above the first key of an item: the dash must stay.
        indent = match[1] + ("  " if inside else "")
        text = one_line(self.texts[int(match[3])])
        lines = [f"{indent}# {line}" for line in textwrap.wrap(text, _WIDTH, break_long_words=False)]
        joined = "\n".join(lines or [f"{indent}#"])
        return f"{match[1]}- {joined.lstrip()}" if inside else joined


def write(root: Map, header: list[str]) -> str:
    shown, number = str(root), 0
    while f"remark{number}-" in shown:
        number += 1
    remarks = _Remarks(f"remark{number}-")
    text: str = yaml.serialize(_node(root, remarks), Dumper=_Dumper, width=1000, allow_unicode=True)
    return "\n".join([*(f"# {one_line(line)}" for line in header), remarks.written(text)])


def _node(value: object, remarks: _Remarks, *, in_line: bool = False) -> yaml.Node:
    if isinstance(value, Map):
        return _mapping(value, remarks, in_line=in_line or _fits(value))
    if isinstance(value, List):
        return _list(value, remarks, in_line=in_line)
    return _scalar(value)


def _fits(value: Map) -> bool:
    """What belongs together at a glance stands in one line; what does something has its lines to itself."""
    if any(key in value for key in _IN_LINES) or _has_remarks(value):
        return False
    shown = str(native(value))
    return len(shown) <= _SHORT and "\\n" not in shown and not any(isinstance(part, Map) for part in value.values())


_IN_LINES = (
    "run",
    "build",
    "test",
    "approve",
    "invoke",
    "use",
    "actions",
    "branches",
    "tags",
    "push",
    "pull_request",
    "message",
    "commands",
)


def _has_remarks(value: object) -> bool:
    if isinstance(value, Made) and value.remarks:
        return True
    parts = value.values() if isinstance(value, Map) else value if isinstance(value, List) else ()
    return any(_has_remarks(part) for part in parts)


def _mapping(value: Map, remarks: _Remarks, *, in_line: bool = False) -> yaml.Node:
    pairs: list[tuple[yaml.Node, yaml.Node]] = []
    for key, child in value.items():
        above = value.remarks.get(key, []) if isinstance(value, Made) else []
        inside = child.remarks.get("", []) if isinstance(child, Made) else []
        pairs += [(remarks.marker(text), _scalar(None)) for text in (*above, *inside)]
        pairs.append((_key(key), _node(child, remarks, in_line=in_line)))
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=not pairs or in_line)


def _list(value: List, remarks: _Remarks, *, in_line: bool = False) -> yaml.Node:
    plain = all(isinstance(item, str) and "\n" not in item for item in value)
    short = sum(len(str(item)) + 2 for item in value) <= _SHORT and not any(" " in str(item) for item in value)
    if in_line or (plain and short):
        return yaml.SequenceNode(
            "tag:yaml.org,2002:seq", [_node(each, remarks, in_line=True) for each in value], flow_style=True
        )
    nodes: list[yaml.Node] = []
    for item in value:
        above = item.remarks.get("", []) if isinstance(item, Made) else []
        nodes += [remarks.marker(text) for text in above]
        nodes.append(_node(item, remarks))
    return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=not nodes)


def _key(key: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", key)


def _scalar(value: object) -> yaml.Node:
    if value is None:
        return yaml.ScalarNode("tag:yaml.org,2002:null", "")
    text = str(value)
    if isinstance(value, Plain):
        tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return yaml.ScalarNode(tag, text)  # As it was written, whatever the library takes it for.
    style = None
    if resolve(text) != text or isinstance(resolve(text), Plain):
        style = '"'  # Unquoted, it would not be a text.
    elif "\n" in text.rstrip("\n"):
        style = "|"
    elif _QUOTED.search(text) and not set(text) & {'"', "\\"} and text.isprintable() and max(text) < "\U00010000":
        style = '"'
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)
