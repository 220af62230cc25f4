"""The operator's clusters file: how each cluster is reached, which repositories may deploy to it, and where in it.

Read anew at every deployment. A repository names a cluster, and nothing else of it.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.model import glob
from bot.targets.operator_file import read_operator_file
from bot.targets.written import Name, Pattern


def _glob(pattern: str) -> str:
    if problem := glob.check(pattern):
        raise ValueError(f"is no pattern: {problem}")
    return pattern


_Glob = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_glob)]


class Entry(BaseModel):
    """One cluster: a `kubeconfig`, or `in_cluster: true` for the one that the bot runs in. `namespace`: where a deployment names none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kubeconfig: Path | None = None
    context: str = ""
    in_cluster: bool = False
    repositories: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    namespaces: Annotated[tuple[_Glob, ...], Field(min_length=1)]
    namespace: str = ""
    cluster_scoped: tuple[_Glob, ...] = ()

    @model_validator(mode="after")
    def _reached_one_way(self) -> Self:
        if self.in_cluster == (self.kubeconfig is not None):
            raise ValueError("needs a `kubeconfig`, or `in_cluster: true`, and not both")
        if self.context and self.kubeconfig is None:
            raise ValueError("has a `context` without a kubeconfig")
        if self.namespace and not any(glob.matches(each, self.namespace) for each in self.namespaces):
            raise ValueError("has a `namespace` that is not among its `namespaces`")
        return self


class ClustersFile(BaseModel):
    """`defaults` are keys of every cluster that does not say otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clusters: dict[Name, Entry]


def read_clusters_file(path: Path) -> ClustersFile:
    """Raises OperatorFileInvalid."""
    return read_operator_file(path, "clusters", ClustersFile)
