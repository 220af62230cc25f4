"""A deployment to a Kubernetes cluster: what a pipeline file says of it, and which objects it is of.

Its progress is a `bot.model.deployment.Deployment` of its own kind, whose targets are the objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self

from bot.model.deployment import Manifests, RollbackOn


class Prune(StrEnum):
    """What becomes of objects that the group has applied before and has no more. `SAFE` leaves those that hold data or other objects."""

    NEVER = "never"
    SAFE = "safe"
    ALL = "all"


KEPT = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Group and kind of what `Prune.SAFE` never deletes: data would go with it."""


@dataclass(frozen=True, slots=True)
class ManifestDeploy:
    """Objects applied to a cluster of the operator's. `force` takes fields over that another manager owns. `group` as a server deployment's."""

    manifests: Manifests
    prune: Prune = Prune.SAFE
    force: bool = False
    rollback: tuple[RollbackOn, ...] = (RollbackOn.FAILURE,)
    group: str = ""
    kind: Literal["deploy"] = "deploy"


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One object of a cluster. `namespace` "" for what belongs to none. `str()` and `parse` are each other's inverse."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """Empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind} {self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        api_version, kind, path = text.split(" ")
        namespace, _, name = path.partition("/")
        return cls(api_version, kind, namespace, name)

    def shown(self, home: str) -> str:
        """For people: `Deployment/web`, with its group where that is not one of Kubernetes' own, and its namespace where that is not `home`."""
        kind = self.kind if self.group in _WELL_KNOWN else f"{self.kind}.{self.group}"
        other = f" in {self.namespace}" if self.namespace and self.namespace != home else ""
        return f"{kind}/{self.name}{other}"


_WELL_KNOWN = frozenset(
    {"", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io"}
)

Body = Mapping[str, object]
"""An object as its manifest or the cluster has it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object as a file has it, and where it stands there."""

    ref: ObjectRef
    body: Body = field(hash=False)
    file: str = ""
    line: int = 0
