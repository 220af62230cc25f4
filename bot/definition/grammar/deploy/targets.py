"""Targets as a pipeline file names them: by their names, or by their tags. Which there are is the operator's (appspec reference, section 9)."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.document import List, Map
from bot.definition.grammar.text import NAME, ONE_OR_MANY, Noun

_MOST = 1000
"""Targets of a deployment (section 15)."""

TargetName: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=NAME)]
_Tag: TypeAlias = Annotated[str, Field(min_length=1, max_length=256)]
Values: TypeAlias = Annotated[tuple[_Tag, ...], Field(min_length=1, max_length=10), ONE_OR_MANY]


class Tagged(Noun):
    """Targets by their tags: those that have one of the values of every tag (DPL-9)."""

    tags: Annotated[dict[_Tag, Values], Field(min_length=1, max_length=10)] = Field(
        description="Tags with their values."
    )


class Named(Noun):
    """Targets by their names."""

    names: Annotated[tuple[TargetName, ...], Field(min_length=1, max_length=_MOST)]


def _chosen(value: object) -> object:
    """A list of names, or `tags`; told apart before they are read, so that a problem is told as one of what was meant."""
    if isinstance(value, Map):
        return Tagged.model_validate(value)
    return Named.model_validate({"names": value if isinstance(value, List) else [value]}).names


TargetsEntry: TypeAlias = Annotated[
    Tagged | tuple[TargetName, ...],
    BeforeValidator(
        _chosen,
        json_schema_input_type=TargetName | Annotated[list[TargetName], Field(min_length=1, max_length=_MOST)] | Tagged,
    ),
]
