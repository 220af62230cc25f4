"""A `deploy` action. It has several forms, a file each; here it is found which one is meant, before it is read, so that a problem is told as one of that form."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.document import Map
from bot.definition.grammar.deploy.git import GitDeployment
from bot.definition.grammar.deploy.manifests import ManifestDeployment
from bot.definition.grammar.deploy.objects import ObjectDeployment
from bot.definition.grammar.deploy.servers import Deployment
from bot.definition.grammar.text import FilePath

_INLINE = frozenset({"version", "os", "files", "hooks", "permissions"})


def _deployment(value: object) -> object:
    """An object storage, a repository, manifests, or else an appspec: its path, itself in place, or with what belongs to it."""
    if isinstance(value, Map):
        if "objects" in value:
            return ObjectDeployment.model_validate(value)
        if "git" in value:
            return GitDeployment.model_validate(value)
        if "manifests" in value:
            return ManifestDeployment.model_validate(value)
        if not _INLINE & value.keys():
            return Deployment.model_validate(value)
    return Deployment.model_validate({"appspec": value})


DeployEntry: TypeAlias = Annotated[
    Deployment | ObjectDeployment | GitDeployment | ManifestDeployment,
    BeforeValidator(
        _deployment,
        json_schema_input_type=FilePath
        | Deployment
        | ObjectDeployment
        | GitDeployment
        | ManifestDeployment
        | Annotated[dict[str, Any], Field(min_length=1)],
    ),
]

__all__ = ["DeployEntry"]
