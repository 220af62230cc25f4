"""Which kinds the fake cluster knows, and what it takes of each: fields as their schemas have them, values as their validation asks for them.

As a real API server answers (see `recorded.json`): an unknown field is an error of the patch, a wrong value makes the object invalid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_TOP = frozenset({"apiVersion", "kind", "metadata"})


@dataclass(frozen=True)
class Known:
    """`fields` beside the common ones; None: any. `spec` likewise."""

    group_version: str
    kind: str
    plural: str
    namespaced: bool = True
    fields: frozenset[str] | None = frozenset({"spec", "status"})
    spec: Mapping[str, type | None] | None = None

    @property
    def group(self) -> str:
        return self.group_version.rpartition("/")[0]

    @property
    def resource(self) -> Body:
        return {
            "name": self.plural,
            "singularName": self.kind.lower(),
            "namespaced": self.namespaced,
            "kind": self.kind,
            "verbs": VERBS,
        }


_DEPLOYMENT = {
    "replicas": int,
    "selector": dict,
    "template": dict,
    "strategy": dict,
    "minReadySeconds": int,
    "revisionHistoryLimit": int,
    "paused": bool,
    "progressDeadlineSeconds": int,
}
_STATEFUL_SET = {
    **{key: _DEPLOYMENT[key] for key in ("replicas", "selector", "template", "revisionHistoryLimit")},
    "serviceName": str,
    "updateStrategy": dict,
    "podManagementPolicy": str,
    "volumeClaimTemplates": list,
}
_JOB = {
    "template": dict,
    "completions": int,
    "parallelism": int,
    "backoffLimit": int,
    "selector": dict,
}

BUILT_IN = (
    Known("v1", "Namespace", "namespaces", namespaced=False),
    Known("v1", "ConfigMap", "configmaps", fields=frozenset({"data", "binaryData", "immutable"})),
    Known("v1", "Secret", "secrets", fields=frozenset({"data", "stringData", "type", "immutable"})),
    Known("v1", "Service", "services"),
    Known("v1", "Pod", "pods"),
    Known("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Known("v1", "Event", "events", fields=None),
    Known("apps/v1", "Deployment", "deployments", spec=_DEPLOYMENT),
    Known("apps/v1", "ReplicaSet", "replicasets"),
    Known("apps/v1", "StatefulSet", "statefulsets", spec=_STATEFUL_SET),
    Known("batch/v1", "Job", "jobs", spec=_JOB),
    Known("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False, fields=frozenset({"rules"})),
    Known("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False),
)


def defined_by(definition: Body) -> Iterator[Known]:
    """The kinds of a custom resource definition."""
    spec = definition["spec"]
    for version in spec["versions"]:
        group_version = f"{spec['group']}/{version['name']}"
        yield Known(
            group_version,
            spec["names"]["kind"],
            spec["names"]["plural"],
            namespaced=spec["scope"] == "Namespaced",
            fields=None,
        )


def outside_schema(known: Known, body: Body) -> str:
    """The first field that the kind's schema has not, in the server's words; "" when there is none."""
    if known.fields is not None:
        for key in sorted(body.keys() - _TOP - known.fields):
            return f".{key}: field not declared in schema"
    if known.kind == "ConfigMap":
        for key, value in (body.get("data") or {}).items():
            if not isinstance(value, str):
                return f".data.{key}: expected string, got &value.valueUnstructured{{Value:{value}}}"
    if known.spec is not None:
        for key, value in (body.get("spec") or {}).items():
            if key not in known.spec:
                return f".spec.{key}: field not declared in schema"
            if known.spec[key] is int and not isinstance(value, int):
                return f".spec.{key}: expected numeric (int or float), got *value.valueUnstructured"
    return ""


Cause = tuple[str, str, str]
"""Reason, message, field."""


def invalid(known: Known, body: Body, before: Body | None) -> list[Cause]:
    """What validation has against the whole object."""
    spec, found = body.get("spec") or {}, []
    if known.kind in ("Deployment", "StatefulSet"):
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
        wanted = (spec.get("selector") or {}).get("matchLabels")
        if not wanted:
            found.append(("FieldValueRequired", "Required value", "spec.selector"))
        if not labels or not wanted or any(labels.get(key) != value for key, value in wanted.items()):
            shown = (
                "map[string]string(nil)"
                if not labels
                else "map[string]string{" + ", ".join(f'"{k}":"{v}"' for k, v in labels.items()) + "}"
            )
            words = f"Invalid value: {shown}: `selector` does not match template `labels`"
            found.append(("FieldValueInvalid", words, "spec.template.metadata.labels"))
        if not ((spec.get("template") or {}).get("spec") or {}).get("containers"):
            found.append(("FieldValueRequired", "Required value", "spec.template.spec.containers"))
    if known.kind == "Job" and before is not None and before["spec"]["template"] != spec.get("template"):
        found.append(("FieldValueInvalid", "field is immutable", "spec.template"))
    return found
