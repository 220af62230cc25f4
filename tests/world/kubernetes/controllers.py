"""What controllers and kubelets do, without the waiting: what a workload's image is tagged with decides how its pods fare.

`missing` can't be pulled, `crash` ends again and again, `slow` gets ready when a test says so (`finish`); everything else runs.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.world.kubernetes.kinds import Body, Known
from tests.world.kubernetes.objects import Objects, Refused

_REVISION = "deployment.kubernetes.io/revision"


class Controllers:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._slow: set[str] = set()
        self._finished: set[str] = set()
        objects.changed = self._changed
        self._acts: Mapping[str, Callable[[Known, Body], None]] = {
            "Namespace": self._namespace,
            "CustomResourceDefinition": self._definition,
            "Deployment": self._deployment,
            "StatefulSet": self._stateful_set,
            "Job": self._job,
        }
        for body in objects.listed(objects.known["v1", "namespaces"], ""):
            self._namespace(objects.known["v1", "namespaces"], body)

    def finish(self, name: str) -> None:
        """The pods of a `slow` workload get ready."""
        self._finished.add(name)
        for known in self._objects.known.values():
            for body in self._objects.listed(known, ""):
                if body["metadata"]["name"] == name and known.kind in self._acts:
                    self._act(known, body)

    def _changed(self, known: Known, body: Body) -> None:
        if known.kind in self._acts and _unseen(known, body):
            asyncio.get_running_loop().call_soon(self._act, known, body)

    def _act(self, known: Known, body: Body) -> None:
        metadata = body["metadata"]
        try:
            newest = self._objects.get(known, metadata.get("namespace", ""), metadata["name"])
        except Refused:
            return  # deleted meanwhile
        self._acts[known.kind](known, newest)

    def _status(self, known: Known, body: Body, **status: Any) -> None:
        self._objects.put(known, {**body, "status": status}, body["metadata"].get("namespace", ""))

    def _namespace(self, known: Known, body: Body) -> None:
        self._status(known, body, phase="Active")

    def _definition(self, known: Known, body: Body) -> None:
        conditions = [{"type": kind, "status": "True"} for kind in ("NamesAccepted", "Established")]
        self._status(known, body, conditions=conditions)

    def _deployment(self, known: Known, body: Body) -> None:
        spec, metadata = body["spec"], body["metadata"]
        wanted, state = spec.get("replicas", 1), self._state(body)
        body = self._replica_set(known, body, 1 if state == "broken" else wanted)
        old = 0
        sets = self._objects.known["apps/v1", "replicasets"]
        for each in list(self._objects.listed(sets, metadata["namespace"])):
            if (
                not _has_owner(each, metadata["uid"])
                or each["metadata"]["annotations"][_REVISION] == body["metadata"]["annotations"][_REVISION]
            ):
                continue
            if state == "well":
                self._objects.put(sets, {**each, "spec": {**each["spec"], "replicas": 0}}, metadata["namespace"])
                self._pods(each, spec["template"], 0)
            else:
                old += each["spec"]["replicas"]
        updated = 1 if state == "broken" else wanted
        numbers = {"observedGeneration": metadata["generation"], "replicas": updated + old, "updatedReplicas": updated}
        available = wanted if state == "well" else old
        self._status(known, body, **numbers, availableReplicas=available if state == "well" or old else 0)

    def _replica_set(self, known: Known, body: Body, replicas: int) -> Body:
        """The newest of the deployment, which learns of its number."""
        metadata, template = body["metadata"], body["spec"]["template"]
        sets = self._objects.known["apps/v1", "replicasets"]
        own = [each for each in self._objects.listed(sets, metadata["namespace"]) if _has_owner(each, metadata["uid"])]
        label = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:8]
        revisions = [int(each["metadata"]["annotations"][_REVISION]) for each in own]
        name = f"{metadata['name']}-{label}"
        there = next((each for each in own if each["metadata"]["name"] == name), None)
        newest = there is not None and int(there["metadata"]["annotations"][_REVISION]) == max(revisions)
        revision = str(max(revisions, default=0) + (0 if newest else 1))
        labels = {**template["metadata"]["labels"], "pod-template-hash": label}
        made = {
            "metadata": {
                **(there or {}).get("metadata", {}),
                "name": name,
                "labels": labels,
                "annotations": {_REVISION: revision},
                "ownerReferences": [_owner(body)],
            },
            "spec": {"replicas": replicas},
        }
        self._pods(self._objects.put(sets, made, metadata["namespace"]), template, replicas)
        annotations = {**metadata.get("annotations", {}), _REVISION: revision}
        return self._objects.put(
            known, {**body, "metadata": {**metadata, "annotations": annotations}}, metadata["namespace"]
        )

    def _stateful_set(self, known: Known, body: Body) -> None:
        wanted, state = body["spec"].get("replicas", 1), self._state(body)
        labels = {**body["spec"]["template"]["metadata"]["labels"], "controller-revision-hash": "r1"}
        self._pods(body, {**body["spec"]["template"], "metadata": {"labels": labels}}, wanted)
        ready = wanted if state == "well" else 0
        numbers = {"replicas": wanted, "readyReplicas": ready, "updatedReplicas": wanted}
        self._status(
            known,
            body,
            **numbers,
            observedGeneration=body["metadata"]["generation"],
            currentRevision="r1",
            updateRevision="r1",
        )

    def _job(self, known: Known, body: Body) -> None:
        state = self._state(body)
        if state == "well":
            self._status(known, body, succeeded=1, conditions=[{"type": "Complete", "status": "True"}])
        elif state == "broken":
            why = {
                "type": "Failed",
                "status": "True",
                "reason": "BackoffLimitExceeded",
                "message": "Job has reached the specified backoff limit",
            }
            self._status(known, body, failed=1, conditions=[why])
        else:
            self._status(known, body, active=1)

    def _state(self, body: Body) -> str:
        tag = _tag(body["spec"]["template"])
        if tag == "slow" and body["metadata"]["name"] not in self._finished:
            return "slow"
        return "broken" if tag in ("missing", "crash") else "well"

    def _pods(self, owner: Body, template: Body, number: int) -> None:
        pods, metadata = self._objects.known["v1", "pods"], owner["metadata"]
        own = [each for each in self._objects.listed(pods, metadata["namespace"]) if _has_owner(each, metadata["uid"])]
        for pod in own:
            self._objects.delete(pods, metadata["namespace"], pod["metadata"]["name"])
        labels = metadata["labels"] if owner["kind"] == "ReplicaSet" else template["metadata"]["labels"]
        for index in range(number):
            name = f"{metadata['name']}-{index}"
            made = {
                "metadata": {"name": name, "labels": labels, "ownerReferences": [_owner(owner)]},
                "spec": template["spec"],
                "status": _pod_status(template),
            }
            self._objects.put(pods, made, metadata["namespace"])
            if _tag(template) == "missing":
                self._warn(metadata["namespace"], name)

    def _warn(self, namespace: str, pod: str) -> None:
        about = {"kind": "Pod", "name": pod}
        words = "Failed to pull image: not found"
        event = {"metadata": {"name": f"{pod}.1"}, "involvedObject": about, "type": "Warning", "message": words}
        self._objects.put(
            self._objects.known["v1", "events"], {**event, "lastTimestamp": "2026-11-23T15:50:00Z"}, namespace
        )


def _unseen(known: Known, body: Body) -> bool:
    status = body.get("status") or {}
    if known.kind in ("Deployment", "StatefulSet"):
        return bool(status.get("observedGeneration", 0) < body["metadata"]["generation"])
    return not status


def _tag(template: Body) -> str:
    return str(template["spec"]["containers"][0]["image"].rpartition(":")[2])


def _pod_status(template: Body) -> Body:
    container = template["spec"]["containers"][0]
    base = {"name": container["name"], "restartCount": 0}
    match _tag(template):
        case "missing":
            waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{container["image"]}"'}
            return {"phase": "Pending", "containerStatuses": [{**base, "state": {"waiting": waiting}}]}
        case "crash":
            waiting, last = {"reason": "CrashLoopBackOff"}, {"terminated": {"exitCode": 3}}
            return {
                "phase": "Running",
                "containerStatuses": [{**base, "restartCount": 4, "state": {"waiting": waiting}, "lastState": last}],
            }
        case "slow":
            condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
            return {"phase": "Pending", "conditions": [condition]}
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def _owner(body: Body) -> Body:
    metadata = body["metadata"]
    return {
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def _has_owner(body: Body, uid: str) -> bool:
    return any(each["uid"] == uid for each in body["metadata"].get("ownerReferences", ()))
