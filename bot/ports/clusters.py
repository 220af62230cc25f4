"""What the runtime asks of Kubernetes clusters: which a repository may deploy to, and one request after another about objects there."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.model.cluster_deployment import Body, ObjectRef
from bot.model.glob import matches
from bot.model.repository import Repository

FIELD_MANAGER = "penstock"
"""Who owns the fields that deployments apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/)."""


class ClusterRefused(Exception):
    """No such cluster, or none that this repository may deploy to, or no client for it. The text says what to do."""


class ClusterLost(Exception):
    """A cluster can't be reached, or lets the bot in no more. The text says so to a user. `passes`: it was no answer at all, and may be one later."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


class ClusterUnavailable(Exception):
    """Nothing was begun on the cluster `name`, for it does not answer, as `does` says: try again later. The text is safe to show."""

    def __init__(self, name: str, does: str) -> None:
        super().__init__(f"the cluster {name} {does}")
        self.name = name
        self.does = does


@dataclass(frozen=True, slots=True)
class Cause:
    """One part of a refusal: a field, and what is wrong with it. `manager`: another owns the field (a conflict)."""

    field: str
    message: str
    manager: str = ""


class ObjectRefused(Exception):
    """The cluster does not do what it was asked of one object. `status` as in HTTP, `message` as the cluster words it."""

    def __init__(self, status: int, message: str, causes: Sequence[Cause] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.causes = tuple(causes)

    @property
    def conflicts(self) -> tuple[Cause, ...]:
        return tuple(cause for cause in self.causes if cause.manager)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a repository may do in one: in namespaces that match `namespaces`, and with `cluster_scoped` kinds (`Namespace`,
    `ClusterRole.rbac.authorization.k8s.io`, patterns) beside those. `namespace`: where none is named.
    """

    name: str
    namespaces: tuple[str, ...]
    namespace: str = ""
    cluster_scoped: tuple[str, ...] = ()

    def takes_namespace(self, namespace: str) -> bool:
        return any(matches(pattern, namespace) for pattern in self.namespaces)

    def takes_kind(self, ref: ObjectRef) -> bool:
        """Of a kind that belongs to no namespace."""
        kind = f"{ref.kind}.{ref.group}" if ref.group else ref.kind
        return any(matches(pattern, kind) for pattern in self.cluster_scoped)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the cluster knows of a kind."""

    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()


class ClusterSession(Protocol):
    """One cluster, for one deployment. All but `close` raise ClusterLost where it can't be reached for long, and ObjectRefused."""

    async def kind(self, api_version: str, kind: str) -> Kind | None:
        """None: the cluster does not know it."""

    async def apply(self, ref: ObjectRef, body: Body, *, force: bool, dry_run: bool = False) -> dict[str, Any]:
        """Server-side, as FIELD_MANAGER. The object as it is now, or would be."""

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None: ...

    async def list(
        self, api_version: str, kind: str, namespace: str, *, labels: str = "", fields: str = ""
    ) -> Sequence[dict[str, Any]]:
        """`labels` and `fields` are selectors. Nothing, where the cluster does not know the kind."""

    async def delete(self, ref: ObjectRef, uid: str) -> None:
        """That very object, its dependents after it. Nothing happens where it is gone."""

    def watch(self, ref: ObjectRef, version: str) -> AsyncIterator[dict[str, Any] | None]:
        """Each state after resource version `version`; None when it is deleted. Ends after a while, or when too much has happened since."""

    async def close(self) -> None: ...


class Clusters(Protocol):
    """The operator's clusters."""

    def choose(self, repository: Repository, name: str) -> Cluster:
        """`name` "": the only one that the repository may deploy to. Raises ClusterRefused."""

    async def reach(self, name: str) -> ClusterSession:
        """Raises ClusterRefused and ClusterLost."""
