"""Server-side apply as far as deployments need it: who owns which field, conflicts, and fields that nobody wants any more.

https://kubernetes.io/docs/reference/using-api/server-side-apply/. Lists whose items have a name are merged by it, all others are replaced as a whole.
"""

import copy
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
Path = tuple[str, ...]
_KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "ports": "containerPort"}
_NOT_OWNED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field that one manager can own, and its value."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, f".{key}"))
    elif (key := _keyed(value, path)) is not None:
        for item in value:
            yield from leaves(
                item, (*path, f'[{key}="{item[key]}"]' if isinstance(item[key], str) else f"[{key}={item[key]}]")
            )
    else:
        yield path, value


def owned(body: Body) -> dict[Path, Any]:
    plain = {tuple(f".{step}" for step in path) for path in _NOT_OWNED}
    return {path: value for path, value in leaves(body) if path not in plain}


def shown(path: Path) -> str:
    return "".join(path)


def merged(before: Body, applied: Body, dropped: set[Path]) -> Body:
    """The object with what is applied, without the fields of `dropped`."""
    result = copy.deepcopy(before)
    for path in dropped:
        _drop(result, path)
    merge(result, applied)
    return result


def merge(into: Body, given: Body, path: Path = ()) -> None:
    for key, value in given.items():
        here = (*path, f".{key}")
        name = _keyed(value, here)
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value, here)
        elif name is not None and isinstance(into.get(key), list):
            known = {item.get(name): item for item in into[key]}
            for item in value:
                if item[name] in known:
                    merge(known[item[name]], item, here)
                else:
                    into[key].append(copy.deepcopy(item))
        else:
            into[key] = copy.deepcopy(value)


def _keyed(value: Any, path: Path) -> str | None:
    key = _KEYS.get(path[-1].lstrip(".")) if path else None
    if key and isinstance(value, list) and value and all(isinstance(item, dict) and key in item for item in value):
        return key
    return None


def _drop(value: Any, path: Path) -> None:
    step, rest = path[0], path[1:]
    if step.startswith("["):
        key, _, wanted = step[1:-1].partition("=")
        for item in list(value if isinstance(value, list) else ()):
            if str(item.get(key)) == wanted.strip('"'):
                if rest:
                    _drop(item, rest)
                if not rest or item.keys() <= {key}:
                    value.remove(item)
        return
    name = step[1:]
    if not isinstance(value, dict) or name not in value:
        return
    if rest:
        _drop(value[name], rest)
        if value[name] in ({}, []):
            del value[name]
    else:
        del value[name]
