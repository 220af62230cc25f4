"""CloudFormation's functions: worked out from parameters' defaults, mappings and conditions, as far as a template alone can tell."""

import json
import re
from collections.abc import Callable, Mapping

from bot.definition.document import List, Map, Mark, native
from bot.definition.importer.pieces import Made, plant
from bot.definition.importer.placeholders import PSEUDO, Holes, Origin, has_hole, is_whole, plain

NO_VALUE = object()
"""`AWS::NoValue`: the key or item it stands for is not there."""

_KNOWN = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_SUB = re.compile(r"\$\{(!?)\s*([^}]*?)\s*\}")
_MOST_TEXT = 4 << 20
"""Of all texts that are put together: a short template can ask for endless ones."""


class Intrinsics:
    """One template. `parameters` are values that somebody gave, and go before defaults."""

    def __init__(self, template: Map, parameters: Mapping[str, str]) -> None:
        self.holes = Holes()
        self._parameters = parameters
        self._template = template
        self._conditions: dict[str, bool | None] = {}
        self._text = 0
        self._functions: dict[str, Callable[[object, Mark], object]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::ToJsonString": self._to_json,
            "Fn::Length": self._length,
        }

    def section(self, name: str) -> Map:
        value = self._template.get(name)
        return value if isinstance(value, Map) else Map(Mark(1, 1))

    def resolve(self, value: object, mark: Mark) -> object:
        """The value with its functions worked out; what stays open is a hole in a text."""
        if isinstance(value, List):
            return self._items(value)
        if not isinstance(value, Map):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in self._functions:
                return self._functions[name](argument, mark)
            if name.startswith("Fn::"):
                return self.holes.make(name.removeprefix("Fn::"), Origin.OTHER)
        return self._members(value)

    def _items(self, value: List) -> List:
        items = List(value.mark)
        for mark, item in zip(value.marks, value, strict=True):
            resolved = self.resolve(item, mark)
            if resolved is not NO_VALUE:
                items.append(resolved)
                items.marks.append(mark)
        return items

    def _members(self, value: Map) -> Map:
        members = Made(value.mark)
        for key, child in value.items():
            resolved = self.resolve(child, value.marks[key][1])
            if resolved is not NO_VALUE:
                members[key], members.marks[key] = resolved, value.marks[key]
        return members

    def text(self, value: object, mark: Mark) -> str:
        resolved = self.resolve(value, mark)
        if isinstance(resolved, List):
            return ",".join(str(item) for item in resolved if isinstance(item, str))
        return str(resolved) if isinstance(resolved, str) else ""

    def _ref(self, argument: object, mark: Mark) -> object:
        name = str(argument) if isinstance(argument, str) else ""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._parameters:
            return self._typed(name, self._parameters[name], mark)
        if name in _KNOWN:
            return _KNOWN[name]
        if name.startswith("AWS::"):
            return self.holes.make(PSEUDO.get(name, name.removeprefix("AWS::")), Origin.STACK)
        if name in self.section("Parameters"):
            return self._parameter(name, mark)
        return self.holes.make(name, self._origin(name))

    def _origin(self, name: str) -> Origin:
        return Origin.RESOURCE if name.partition(".")[0] in self.section("Resources") else Origin.UNKNOWN

    def _parameter(self, name: str, mark: Mark) -> object:
        declared = self.section("Parameters")[name]
        body = declared if isinstance(declared, Map) else Map(mark)
        description = body.get("Description")
        told = str(description) if isinstance(description, str) else ""
        if body.get("NoEcho") is not None and str(native(body["NoEcho"])).lower() == "true":
            return self.holes.make(name, Origin.SECRET, told)
        default = body.get("Default")
        indirect = str(body.get("Type", "")).startswith("AWS::SSM::Parameter::Value")
        if not isinstance(default, str) or not default.strip() or indirect:
            return self.holes.make(name, Origin.PARAMETER, told)
        return self._typed(name, str(default), mark)

    def _typed(self, name: str, value: str, mark: Mark) -> object:
        declared = self.section("Parameters").get(name)
        kind = str(declared.get("Type", "")) if isinstance(declared, Map) else ""
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return plant([part.strip() for part in value.split(",")], mark)
        return value

    def _get_att(self, argument: object, mark: Mark) -> object:
        parts = [self.text(part, mark) for part in argument] if isinstance(argument, List) else [argument]
        name = ".".join(str(part) for part in parts if isinstance(part, str))
        return self.holes.make(name, self._origin(name))

    def _sub(self, argument: object, mark: Mark) -> object:
        own: Map = Map(mark)
        if isinstance(argument, List) and argument:
            own = argument[1] if len(argument) > 1 and isinstance(argument[1], Map) else own
            argument = argument[0]
        if not isinstance(argument, str):
            return self.holes.make("Sub", Origin.OTHER)
        values = {name: self.text(value, mark) for name, value in own.items()}

        def written(match: re.Match[str]) -> str:
            if match[1]:
                return f"${{{match[2]}}}"
            name = match[2]
            if name in values:
                return values[name]
            value = self._get_att(name, mark) if "." in name else self.text(_reference(name, mark), mark)
            return str(value)

        return self._measured(_SUB.sub(written, argument))

    def _join(self, argument: object, mark: Mark) -> object:
        between, parts = (argument[0], argument[1]) if isinstance(argument, List) and len(argument) > 1 else ("", "")
        resolved = self.resolve(parts, mark)
        if isinstance(resolved, str):  # A list that only the stack knows.
            return resolved
        texts = [str(part) for part in resolved if isinstance(part, str)] if isinstance(resolved, List) else []
        return self._measured((str(between) if isinstance(between, str) else "").join(texts))

    def _measured(self, text: str) -> str:
        self._text += len(text)
        return text if self._text <= _MOST_TEXT else self.holes.make("text-too-long", Origin.OTHER)

    def _split(self, argument: object, mark: Mark) -> object:
        between, whole = argument if isinstance(argument, List) and len(argument) == 2 else ("", "")  # noqa: PLR2004
        if not isinstance(between, str) or not between:
            return self.holes.make("Split", Origin.OTHER)
        text = self.text(whole, mark)
        parts = text.split(between)
        if not all(is_whole(part) for part in parts) or (len(parts) == 1 and has_hole(text)):
            return text
        return plant(parts, mark)

    def _select(self, argument: object, mark: Mark) -> object:
        if isinstance(argument, List) and len(argument) > 1:
            index, items = self.text(argument[0], mark), self.resolve(argument[1], mark)
            if isinstance(items, List) and index.isdecimal() and len(index) < 6 and int(index) < len(items):  # noqa: PLR2004
                return items[int(index)]
            if isinstance(items, str) and has_hole(items):
                return self.holes.make(f"{plain(items)}.{index}", Origin.OTHER)
        return self.holes.make("Select", Origin.OTHER)

    def _find_in_map(self, argument: object, mark: Mark) -> object:
        keys = [self.text(key, mark) for key in argument[:3]] if isinstance(argument, List) else []
        value: object = self._template.get("Mappings")
        for key in keys:
            value = value.get(key) if isinstance(value, Map) else None
        if len(keys) == 3 and isinstance(value, (str, List)):  # noqa: PLR2004  the map's name and two keys
            return value
        return self.holes.make(".".join(keys) or "FindInMap", Origin.OTHER)

    def _if(self, argument: object, mark: Mark) -> object:  # noqa: ARG002  all functions are called alike
        if not isinstance(argument, List) or len(argument) != 3 or not isinstance(argument[0], str):  # noqa: PLR2004
            return self.holes.make("If", Origin.OTHER)
        place = 2 if self.condition(argument[0]) is False else 1
        return self.resolve(argument[place], argument.marks[place])

    def _import_value(self, argument: object, mark: Mark) -> object:
        return self.holes.make(self.text(argument, mark), Origin.IMPORT)

    def _to_json(self, argument: object, mark: Mark) -> object:
        return self._measured(json.dumps(native(self.resolve(argument, mark)), default=str))

    def _length(self, argument: object, mark: Mark) -> object:
        resolved = self.resolve(argument, mark)
        return str(len(resolved)) if isinstance(resolved, List) else self.holes.make("Length", Origin.OTHER)

    def condition(self, name: str) -> bool | None:
        """Whether a condition of the template holds with what is known; None when that can't be told."""
        if name not in self._conditions:
            self._conditions[name] = None  # What names itself on its way can't be told either.
            self._conditions[name] = self._judge(self.section("Conditions").get(name))
        return self._conditions[name]

    def _judge(self, value: object) -> bool | None:
        if not isinstance(value, Map) or len(value) != 1:
            return None
        ((name, argument),) = value.items()
        if name == "Condition":
            return self.condition(str(argument)) if isinstance(argument, str) else None
        arguments = argument if isinstance(argument, List) else List(value.mark)
        if name == "Fn::Equals" and len(arguments) == 2:  # noqa: PLR2004
            return self._equal(arguments)
        judged = [self._judge(each) for each in arguments]
        if name == "Fn::Not" and len(judged) == 1:
            return None if judged[0] is None else not judged[0]
        decisive = {"Fn::And": False, "Fn::Or": True}.get(name)
        if decisive is None or not judged:
            return None
        return decisive if decisive in judged else None if None in judged else not decisive

    def _equal(self, arguments: List) -> bool | None:
        left, right = (self.text(each, mark) for mark, each in zip(arguments.marks, arguments, strict=True))
        return None if has_hole(left + right) and left != right else left == right


def _reference(name: str, mark: Mark) -> Map:
    reference = Map(mark)
    reference["Ref"], reference.marks["Ref"] = name, (mark, mark)
    return reference
