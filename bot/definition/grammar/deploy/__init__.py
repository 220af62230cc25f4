"""A `deploy` action. It has several forms, a file each; here it is found which one is meant, before it is read, so that a problem is told as one of that form."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.document import Map
from bot.definition.grammar.deploy.servers import ServerDeployment
from bot.definition.grammar.text import FilePath

_INLINE = frozenset({"version", "os", "files", "hooks", "permissions"})


def _deployment(value: object) -> object:
    """A path, an appspec in place, or the whole."""
    if isinstance(value, Map) and not _INLINE & value.keys():
        return value
    return {"appspec": value}


DeployEntry: TypeAlias = Annotated[
    ServerDeployment,
    BeforeValidator(
        _deployment, json_schema_input_type=FilePath | ServerDeployment | Annotated[dict[str, Any], Field(min_length=1)]
    ),
]

__all__ = ["DeployEntry"]
