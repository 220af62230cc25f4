"""Rollouts judged by what objects say of themselves, as `kubectl rollout status` does; and why pods do not run."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.core.deployments.rollouts import progress, troubles, unscheduled

APPS = "apps/v1"
SEEN: Any = {"observedGeneration": 2}


def of(kind: str, api: str = APPS, spec: Mapping[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"generation": 2}, "spec": spec or {}, "status": status}


def condition(kind: str, status: str = "True", **more: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status, **more}]


THREE = {"replicas": 3}
ROLLING = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
LATE: Any = condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="timed out")
QUOTA: Any = condition("ReplicaFailure", message="exceeded quota")


@pytest.mark.parametrize(
    ("body", "end", "words"),
    [
        (of("ConfigMap", "v1"), "done", ""),
        (of("Deployment", spec=THREE, observedGeneration=1, availableReplicas=3), "waits", ""),
        (of("Deployment", spec=THREE, **SEEN, updatedReplicas=1, replicas=3), "waits", "1 of 3 updated"),
        (of("Deployment", spec=THREE, **SEEN, conditions=QUOTA), "waits", "0 of 3 updated: exceeded quota"),
        (of("Deployment", spec=THREE, **SEEN, updatedReplicas=3, replicas=4), "waits", "1 old one still there"),
        (
            of("Deployment", spec=THREE, **SEEN, updatedReplicas=3, replicas=3, availableReplicas=2),
            "waits",
            "2 of 3 available",
        ),
        (
            of("Deployment", spec=THREE, **SEEN, updatedReplicas=3, replicas=3, availableReplicas=3),
            "done",
            "3 of 3 available",
        ),
        (of("Deployment", spec={"replicas": 0}, **SEEN), "done", "0 of 0 available"),
        (of("Deployment", spec=THREE, **SEEN, conditions=LATE), "fails", "no progress in time: timed out"),
        (of("DaemonSet", observedGeneration=1), "waits", ""),
        (of("DaemonSet", **SEEN, desiredNumberScheduled=2, updatedNumberScheduled=1), "waits", "1 of 2 updated"),
        (
            of("DaemonSet", **SEEN, desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=1),
            "waits",
            "1 of 2",
        ),
        (of("DaemonSet", **SEEN, desiredNumberScheduled=1, updatedNumberScheduled=1, numberAvailable=1), "done", ""),
        (of("DaemonSet", spec=ON_DELETE), "done", "when they are deleted"),
        (of("StatefulSet", spec=THREE, **SEEN, readyReplicas=2), "waits", "2 of 3 ready"),
        (
            of(
                "StatefulSet",
                spec=THREE,
                **SEEN,
                readyReplicas=3,
                updatedReplicas=1,
                updateRevision="b",
                currentRevision="a",
            ),
            "waits",
            "1 of 3 updated",
        ),
        (
            of("StatefulSet", spec=THREE, **SEEN, readyReplicas=3, updateRevision="b", currentRevision="b"),
            "done",
            "3 of 3 ready",
        ),
        (of("StatefulSet", spec=ROLLING, **SEEN, readyReplicas=3), "waits", "0 of 1 updated"),
        (of("StatefulSet", spec=ROLLING, **SEEN, readyReplicas=3, updatedReplicas=1), "done", "1 of 3 updated"),
        (of("Job", "batch/v1", active=1), "waits", "0 of 1 complete, 1 active"),
        (of("Job", "batch/v1", conditions=condition("Complete")), "done", "complete"),
        (of("Job", "batch/v1", conditions=condition("Failed", message="backoff")), "fails", "backoff"),
        (of("Job", "batch/v1", spec={"suspend": True}), "done", "suspended"),
        (of("Pod", "v1", phase="Running"), "waits", "running"),
        (of("Pod", "v1", phase="Running", conditions=condition("Ready")), "done", "ready"),
        (of("Pod", "v1", phase="Succeeded"), "done", "succeeded"),
        (of("Pod", "v1", phase="Failed", reason="Evicted"), "fails", "Evicted"),
        (of("CustomResourceDefinition", "apiextensions.k8s.io/v1"), "waits", "not yet established"),
        (
            of(
                "CustomResourceDefinition",
                "apiextensions.k8s.io/v1",
                conditions=condition("NamesAccepted", "False", message="taken"),
            ),
            "fails",
            "taken",
        ),
        ({"apiVersion": APPS, "kind": "Deployment", "spec": "x", "status": {"conditions": [1]}}, "waits", ""),
    ],
)
def test_an_object_is_as_far_as_it_says(body: dict[str, Any], end: str, words: str) -> None:
    found = progress(body)
    assert (found.done, found.failed) == (end == "done", end == "fails"), found
    assert words in found.words


def waiting(reason: str, restarts: int = 0, **more: object) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": "why"}}
    container = {"name": "app", "restartCount": restarts, "state": state, **more}
    return {"metadata": {"name": "web-1"}, "status": {"containerStatuses": [container]}}


@pytest.mark.parametrize(
    ("pod", "told"),
    [
        (waiting("ContainerCreating"), []),
        (waiting("ErrImagePull"), [("ErrImagePull: why", False)]),
        (waiting("ImagePullBackOff"), [("ImagePullBackOff: why", True)]),
        (waiting("CreateContainerConfigError"), [("CreateContainerConfigError: why", True)]),
        (waiting("CrashLoopBackOff", 2), [("CrashLoopBackOff: why", False)]),
        (
            waiting("CrashLoopBackOff", 3, lastState={"terminated": {"exitCode": 2}}),
            [("CrashLoopBackOff: it ended with status 2, and was started again 3 times", True)],
        ),
    ],
)
def test_a_container_that_waits_says_why_and_whether_there_is_hope(
    pod: dict[str, Any], told: list[tuple[str, bool]]
) -> None:
    assert [(each.words, each.hopeless) for each in troubles(pod)] == told


def test_a_pod_that_no_node_takes_says_so() -> None:
    pod = of("Pod", "v1", conditions=condition("PodScheduled", "False", message="0/1 nodes are available"))
    pod["metadata"]["name"] = "web-1"
    assert unscheduled(pod) == "web-1: 0/1 nodes are available"
