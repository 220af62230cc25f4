"""A pipeline's digest: the same for two files that mean the same (VER-9).

Defaults are left out, so that a key which a later version adds does not change the digest of what does not use it. The
file's name is left out too: moving a pipeline does not change it.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from hashlib import sha256

import orjson

from bot.model.pipeline import Pipeline

_NOT_MEANING = frozenset({"digest", "file"})


def digest(pipeline: Pipeline) -> str:
    return sha256(orjson.dumps(_canonical(pipeline), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        given = ((name, getattr(value, name), default) for name, default in _fields(type(value)))
        return {name: _canonical(part) for name, part, default in given if name == "kind" or part != default}
    if isinstance(value, Mapping):
        return {key: _canonical(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(part) for part in value]
    return value


@cache
def _fields(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((entry.name, _default(entry)) for entry in fields(kind) if entry.name not in _NOT_MEANING)


def _default(entry: Field[object]) -> object:
    return entry.default_factory() if entry.default_factory is not MISSING else entry.default
