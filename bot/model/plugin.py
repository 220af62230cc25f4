"""What installed plug-ins provide: types of action (`use`), and callables that actions invoke."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.pipeline import Invoke, Use, Work


@dataclass(frozen=True, slots=True)
class PluginType:
    """`schema` is the JSON Schema of its configuration, None when it could not be loaded; then `problem` says why."""

    name: str
    schema: Mapping[str, Any] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Plugins:
    """All that is installed: the types of action by their names, and the names of the callables."""

    types: Mapping[str, PluginType] = field(default_factory=dict)
    callables: frozenset[str] = frozenset()


def is_of_plugin(work: Work) -> bool:
    """Whether a plug-in does it."""
    return isinstance(work, Use) or (isinstance(work, Invoke) and "callable" in work.target)
