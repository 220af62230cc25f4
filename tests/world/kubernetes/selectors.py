"""Label and field selectors (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api)."""

import re
from collections.abc import Mapping
from typing import Any

from tests.world.kubernetes.kinds import Body


def selected(body: Body, query: Mapping[str, str]) -> bool:
    labels = body["metadata"].get("labels") or {}
    wanted = filter(None, re.split(r",(?![^(]*\))", query.get("labelSelector", "")))
    fields = filter(None, query.get("fieldSelector", "").split(","))
    return all(_labelled(labels, part) for part in wanted) and all(_has(body, part) for part in fields)


def _labelled(labels: Mapping[str, str], part: str) -> bool:
    if match := re.fullmatch(r"(\S+) (in|notin) \((.*)\)", part):
        return (labels.get(match[1]) in match[3].split(",")) is (match[2] == "in")
    if part.startswith("!"):
        return part[1:] not in labels
    key, equals, value = part.partition("=")
    return labels.get(key) == value if equals else key in labels


def _has(body: Body, part: str) -> bool:
    path, _, wanted = part.partition("=")
    found: Any = body
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return bool(found == wanted)
