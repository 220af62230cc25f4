"""A type of action that an installed plug-in provides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PluginType:
    """`schema` is the JSON Schema of its configuration, None when it could not be loaded; then `problem` says why."""

    name: str
    schema: Mapping[str, Any] | None
    problem: str = ""
