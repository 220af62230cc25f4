"""What of the manifests is applied, where and in which order: everything a cluster can't take, and its operator does not let in, is told at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.actions.deploying.cluster.manifests import ManifestsInvalid
from bot.model.cluster_deployment import Body, Manifest, ObjectRef
from bot.ports import Cluster, ClusterSession

MANAGED_BY = "app.kubernetes.io/managed-by"
GROUP = "penstock/group"
"""The label by which a deployment finds what the ones before it have applied."""

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?")
"""What any kind's name may be (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/): `..`, say, would lead elsewhere in the API."""
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_RANKS: Mapping[str, int] = {
    "Namespace": 0,
    "CustomResourceDefinition": 1,
    **dict.fromkeys(("PriorityClass", "StorageClass", "ResourceQuota", "LimitRange", "ServiceAccount"), 2),
    **dict.fromkeys(("ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding", "NetworkPolicy"), 2),
    **dict.fromkeys(("ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim"), 3),
    "Service": 4,
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob"), 6),
    **dict.fromkeys(("HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress"), 7),
    **dict.fromkeys(("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"), 8),
}
_OTHERS = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """`where` it is written. `follows`: it needs something of the same plan that is not there yet, so that it can't be tried before."""

    ref: ObjectRef
    body: Body
    where: str
    follows: bool = False

    @property
    def rank(self) -> int:
        return rank(self.ref)


def rank(ref: ObjectRef) -> int:
    """What others need comes first."""
    return _RANKS.get(ref.kind, _OTHERS)


@dataclass(frozen=True, slots=True)
class Plan:
    """In the order in which it is applied. `home` is the namespace of what names none."""

    home: str
    objects: tuple[Planned, ...]

    @property
    def refs(self) -> tuple[ObjectRef, ...]:
        return tuple(each.ref for each in self.objects)


async def make_plan(
    manifests: Sequence[Manifest], cluster: Cluster, home: str, group: str, session: ClusterSession
) -> Plan:
    """Raises ManifestsInvalid with every reason."""
    home = home or cluster.namespace
    maker = _Maker(cluster, home, group)
    if home and not (_NAMESPACE.fullmatch(home) and cluster.takes_namespace(home)):
        raise ManifestsInvalid([f"{cluster.name} has no namespace {home!r} for this repository: {_remedy(cluster)}"])
    defined = dict(_defined(manifests))
    for manifest in manifests:
        known = await session.kind(manifest.ref.api_version, manifest.ref.kind)
        namespaced = known.namespaced if known else defined.get((manifest.ref.group, manifest.ref.kind))
        maker.add(manifest, namespaced, new=known is None)
    return await maker.made(session)


class _Maker:
    def __init__(self, cluster: Cluster, home: str, group: str) -> None:
        self._cluster = cluster
        self._home = home
        self._group = group
        self._planned: dict[ObjectRef, Planned] = {}
        self._wrong: list[str] = []

    def add(self, manifest: Manifest, namespaced: bool | None, *, new: bool) -> None:
        where, ref = f"{manifest.file}:{manifest.line}", manifest.ref
        if namespaced is None:
            self._wrong.append(f"{where}: {self._cluster.name} knows no {ref.kind} of {ref.api_version}.")
            return
        ref = replace(ref, namespace=(ref.namespace or self._home) if namespaced else "")
        if why := self._forbidden(ref, namespaced=namespaced):
            self._wrong.append(f"{where}: {why}")
        elif ref in self._planned:
            self._wrong.append(f"{where}: {ref.shown(self._home)} is in {self._planned[ref].where} already.")
        else:
            self._planned[ref] = Planned(ref, _labelled(manifest.body, ref, self._group), where, follows=new)

    async def made(self, session: ClusterSession) -> Plan:
        if self._wrong:
            raise ManifestsInvalid(self._wrong)
        made = {ref.name for ref in self._planned if (ref.group, ref.kind) == ("", "Namespace")}
        there = {name: await session.get(_namespace(name)) is not None for name in sorted(made)}
        objects = sorted(self._planned.values(), key=lambda each: each.rank)  # stable: files keep their order
        return Plan(
            self._home,
            tuple(replace(each, follows=True) if there.get(each.ref.namespace) is False else each for each in objects),
        )

    def _forbidden(self, ref: ObjectRef, *, namespaced: bool) -> str:
        cluster = self._cluster
        shown = ref.shown(self._home)
        if namespaced and not ref.namespace:
            return f"{shown} has no namespace: name one there, or as the action's `namespace`."
        if not _NAME.fullmatch(ref.name):
            return f"{shown}: no object can have the name {ref.name!r}."
        if namespaced and not (_NAMESPACE.fullmatch(ref.namespace) and cluster.takes_namespace(ref.namespace)):
            return (
                f"{shown}: {cluster.name} has no namespace {ref.namespace!r} for this repository: {_remedy(cluster)}."
            )
        if not namespaced and not cluster.takes_kind(ref):
            remedy = "the operator lists such kinds in the cluster's `cluster_scoped`"
            return (
                f"{shown} belongs to no namespace, and this repository may apply none such to {cluster.name}: {remedy}."
            )
        if (ref.group, ref.kind) == ("", "Namespace") and not cluster.takes_namespace(ref.name):
            return f"{cluster.name} has no namespace {ref.name!r} for this repository: {_remedy(cluster)}."
        return ""


def _remedy(cluster: Cluster) -> str:
    return f"the operator lets it into {', '.join(cluster.namespaces)}"


def _namespace(name: str) -> ObjectRef:
    return ObjectRef("v1", "Namespace", "", name)


def _labelled(body: Body, ref: ObjectRef, group: str) -> Body:
    metadata: Any = body["metadata"]
    labels = {MANAGED_BY: "penstock", **(metadata.get("labels") or {}), GROUP: group}
    return {
        **body,
        "metadata": {**metadata, "labels": labels, **({"namespace": ref.namespace} if ref.namespace else {})},
    }


def _defined(manifests: Sequence[Manifest]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Kinds that the manifests themselves define, and whether they belong to namespaces."""
    for manifest in manifests:
        spec = manifest.body.get("spec")
        if (manifest.ref.group, manifest.ref.kind) == _DEFINITION and isinstance(spec, Mapping):
            names = spec.get("names")
            if isinstance(names, Mapping):
                yield (str(spec.get("group")), str(names.get("kind"))), spec.get("scope") == "Namespaced"
