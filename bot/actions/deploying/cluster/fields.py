"""Single fields of an object by the names that conflicts have for them, such as `spec.template.spec.containers[name="app"].image`.

How they are written: `String()` of https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v4/fieldpath. Names that hold dots stand there as they are, so a
path means something only together with its object.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model.cluster_deployment import Body

_STEP = re.compile(r'\[((?:[^\]"]|"(?:[^"\\]|\\.)*")*)\]')
_PART = re.compile(r'([^=,]*)=("(?:[^"\\]|\\.)*"|[^,]+)')


class NoSuchField(Exception):
    """The object has none of that name."""


def without(body: Body, field: str) -> Body:
    """The object without it, and without what is empty then. Raises NoSuchField."""
    left: Body = _without(body, field)
    return left


def _without(value: Any, path: str) -> Any:
    if path.startswith("[") and isinstance(value, list):
        return _without_item(value, path)
    if not isinstance(value, Mapping):
        raise NoSuchField(path)
    for name in sorted(value, key=len, reverse=True):
        rest = path.removeprefix(name)
        if path == name:
            return {key: each for key, each in value.items() if key != name}
        if path.startswith(name) and rest[:1] in (".", "["):
            left = _without(value[name], rest.removeprefix("."))
            return {key: left if key == name else each for key, each in value.items() if key != name or left}
    raise NoSuchField(path)


def _without_item(items: Sequence[Any], path: str) -> list[Any]:
    """Lists are maps or sets by what their items have; a list whose items have but a place belongs to one as a whole."""
    step = _STEP.match(path)
    wanted = {key: json.loads(text) for key, text in _PART.findall(step[1])} if step else {}
    place = next((place for place, item in enumerate(items) if wanted and _is(item, wanted)), None)
    if step is None or place is None:
        raise NoSuchField(path)
    rest = path[step.end() :].removeprefix(".")
    left = [_without(items[place], rest)] if rest else []
    return [*items[:place], *left, *items[place + 1 :]]


def _is(item: Any, wanted: Mapping[str, Any]) -> bool:
    """A key that a manifest leaves out has its default, such as the protocol of a port."""
    if not isinstance(item, Mapping):
        return bool(wanted.get("") == item)
    return any(key in item for key in wanted) and all(item.get(key, given) == given for key, given in wanted.items())
