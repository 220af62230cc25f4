"""What a group has applied before and has no more: found by its label, and deleted, the last applied first."""

from collections.abc import Callable, Collection, Iterable

from bot.actions.deploying.cluster.plan import GROUP, rank
from bot.model.cluster_deployment import KEPT, ObjectRef, Prune
from bot.ports import Cluster, ClusterSession, ObjectRefused


class Pruning:
    """`tell` takes a line for each object: of what is deleted, of what is left and why."""

    def __init__(
        self, session: ClusterSession, cluster: Cluster, prune: Prune, tell: Callable[[ObjectRef, str], None]
    ) -> None:
        self._session = session
        self._cluster = cluster
        self._prune = prune
        self._tell = tell

    async def run(self, group: str, current: Collection[ObjectRef], known: Iterable[ObjectRef]) -> set[ObjectRef]:
        """What the group has now beside `current`. `known`: all that it has ever applied, whose kinds and namespaces are looked through."""
        known = {*known}
        if self._prune is Prune.NEVER:
            return known - {*current}
        here = {_same(ref) for ref in current}
        places = sorted({(ref.api_version, ref.kind, ref.namespace) for ref in {*known, *current}})
        found: dict[ObjectRef, str] = {}
        left: set[ObjectRef] = set()
        for place in places:
            try:
                for body in await self._session.list(*place, labels=f"{GROUP}={group}"):
                    metadata = body["metadata"]
                    ref = ObjectRef(place[0], place[1], metadata.get("namespace", ""), metadata["name"])
                    # What has an owner was made by a controller, which copied the label, and deletes it, too.
                    mine = not metadata.get("ownerReferences") and not metadata.get("deletionTimestamp")
                    if mine and _same(ref) not in here:
                        found[ref] = metadata["uid"]
            except ObjectRefused as refused:
                gone = [ref for ref in known - {*current} if (ref.api_version, ref.kind, ref.namespace) == place]
                left.update(gone)
                for ref in gone:
                    self._tell(ref, f"not looked for, though no longer in the manifests: {refused}")
        for ref in sorted(found, key=lambda ref: (-rank(ref), ref)):
            if not await self._delete(ref, found[ref]):
                left.add(ref)
        return left

    async def _delete(self, ref: ObjectRef, uid: str) -> bool:
        if self._prune is not Prune.ALL and (ref.group, ref.kind) in KEPT:
            self._tell(ref, "no longer in the manifests, and kept: `prune: all` deletes such objects, too")
            return False
        if not (self._cluster.takes_namespace(ref.namespace) if ref.namespace else self._cluster.takes_kind(ref)):
            self._tell(ref, "no longer in the manifests, and kept: the operator lets this repository there no more")
            return False
        try:
            await self._session.delete(ref, uid)
        except ObjectRefused as refused:
            self._tell(ref, f"no longer in the manifests, and not deleted: {refused}")
            return False
        self._tell(ref, "deleted: it is no longer in the manifests")
        return True


def _same(ref: ObjectRef) -> tuple[str, str, str, str]:
    """An object is the same in every version of its group."""
    return ref.group, ref.kind, ref.namespace, ref.name
