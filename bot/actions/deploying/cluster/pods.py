"""The pods of a rollout, and why they do not run: what a controller does not say of itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.deployments.rollouts import Trouble, troubles, unscheduled, unseen
from bot.model.cluster_deployment import ObjectRef
from bot.ports import ClusterSession

_WITH_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_REVISION = "deployment.kubernetes.io/revision"
_GENERATION = "deprecated.daemonset.template.generation"


async def pods_of(session: ClusterSession, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Those of what is being rolled out now, and none of what it replaces; none either while its controller has not begun."""
    kind, metadata = body["kind"], body["metadata"]
    selector = labels_of((body.get("spec") or {}).get("selector"))
    if kind == "Pod":
        return [body]
    if kind not in _WITH_PODS or not selector or (kind != "Job" and unseen(body)):
        return []
    pods = await session.list("v1", "Pod", metadata["namespace"], labels=selector)
    if kind == "Deployment":
        newest = await _newest_sets(session, body, selector)
        return [pod for pod in pods if _owner(pod) in newest]
    label, wanted = _revision_of(body)
    return [pod for pod in pods if _owner(pod) == metadata["uid"] and _has(pod, label, wanted)]


async def _newest_sets(session: ClusterSession, deployment: Mapping[str, Any], selector: str) -> set[str]:
    metadata = deployment["metadata"]
    sets = await session.list("apps/v1", "ReplicaSet", metadata["namespace"], labels=selector)
    wanted = (metadata.get("annotations") or {}).get(_REVISION)
    return {
        each["metadata"]["uid"]
        for each in sets
        if _owner(each) == metadata["uid"] and (each["metadata"].get("annotations") or {}).get(_REVISION) == wanted
    }


def _revision_of(body: Mapping[str, Any]) -> tuple[str, str | None]:
    """The label by which pods of the newest revision are known, and its value there."""
    if body["kind"] == "StatefulSet":
        return "controller-revision-hash", (body.get("status") or {}).get("updateRevision")
    return "pod-template-generation", (body["metadata"].get("annotations") or {}).get(_GENERATION)


def labels_of(selector: Mapping[str, Any] | None) -> str:
    """A selector of the API's as the text that a query takes."""
    selector = selector or {}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each.get("key"), ",".join(each.get("values") or ())
        match each.get("operator"):
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(str(key))
            case "DoesNotExist":
                parts.append(f"!{key}")
    return ",".join(parts)


async def explained(
    session: ClusterSession, ref: ObjectRef, pods: Sequence[Mapping[str, Any]]
) -> tuple[Trouble | None, str]:
    """What can't get better by waiting, with the newest warning about its pod; and in words, what may."""
    found = [trouble for pod in pods for trouble in troubles(pod)]
    hopeless = next((trouble for trouble in found if trouble.hopeless), None)
    if hopeless is not None:
        return hopeless, await _warning(session, ref, hopeless.pod)
    waiting = [str(trouble) for trouble in found] or [words for pod in pods if (words := unscheduled(pod))]
    return None, waiting[0] if waiting else ""


async def _warning(session: ClusterSession, ref: ObjectRef, pod: str) -> str:
    fields = f"involvedObject.kind=Pod,involvedObject.name={pod},type=Warning"
    events = await session.list("v1", "Event", ref.namespace, fields=fields)
    newest = max(
        events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), default=None
    )
    return str((newest or {}).get("message") or "")


def _owner(body: Mapping[str, Any]) -> str:
    owners = body["metadata"].get("ownerReferences") or ()
    return next((str(each["uid"]) for each in owners if each.get("controller")), "")


def _has(pod: Mapping[str, Any], label: str, wanted: str | None) -> bool:
    found = (pod["metadata"].get("labels") or {}).get(label)
    return wanted is None or found is None or found == wanted
