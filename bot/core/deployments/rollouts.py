"""How far the objects of a cluster are, by what they say of themselves: when a rollout is done, when it can't be any more.

As `kubectl rollout status` judges (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go), and for jobs, pods and definitions by their conditions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]
_RESTARTS = 3
"""Of a container that crashes: one that only waits for its database to come up has settled by then."""

_HOPELESS = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
"""Why a container waits that no waiting will start. An ErrImagePull may be the registry's bad moment: the back-off tells."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`words` says how far it is, "" when nothing is known, or why it has `failed`."""

    done: bool
    words: str = ""
    failed: bool = False


DONE = Progress(done=True)


def progress(body: Body) -> Progress:
    """Objects of other kinds are done as soon as they are there."""
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    judge = _JUDGES.get((group, str(body.get("kind", ""))))
    return DONE if judge is None else judge(body)


def waited_for(group: str, kind: str) -> bool:
    """Whether a kind has a rollout."""
    return (group, kind) in _JUDGES


def unseen(body: Body) -> bool:
    """Whether its controller has yet to hear of its last change: until then all that it says is of the one before."""
    return _number(_part(body, "status"), "observedGeneration") < _number(_part(body, "metadata"), "generation", 1)


def _deployment(body: Body) -> Progress:
    spec, status = _part(body, "spec"), _part(body, "status")
    if unseen(body):
        return _SOON
    if (condition := _condition(body, "Progressing")) and condition.get("reason") == "ProgressDeadlineExceeded":
        return Progress(done=False, words=f"it made no progress in time: {condition.get('message', '')}", failed=True)
    wanted, updated = _number(spec, "replicas", 1), _number(status, "updatedReplicas")
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} updated{_not_made(body)}")
    if (old := _number(status, "replicas") - updated) > 0:
        return _waiting(f"{updated} of {wanted} updated, {old} old {'one' if old == 1 else 'ones'} still there")
    available = _number(status, "availableReplicas")
    return (
        _waiting(f"{available} of {wanted} available")
        if available < updated
        else Progress(True, f"{wanted} of {wanted} available")
    )


def _not_made(body: Body) -> str:
    """Pods that the controller may not make: quotas, admission."""
    failure = _condition(body, "ReplicaFailure")
    return f": {failure.get('message', '')}" if failure and failure.get("status") == "True" else ""


def _daemon_set(body: Body) -> Progress:
    status = _part(body, "status")
    if _part(_part(body, "spec"), "updateStrategy").get("type") == "OnDelete":
        return Progress(done=True, words="its pods change when they are deleted")
    if unseen(body):
        return _SOON
    wanted, updated = _number(status, "desiredNumberScheduled"), _number(status, "updatedNumberScheduled")
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} updated")
    available = _number(status, "numberAvailable")
    return (
        _waiting(f"{available} of {wanted} available")
        if available < wanted
        else Progress(True, f"{wanted} of {wanted} available")
    )


def _stateful_set(body: Body) -> Progress:
    spec, status = _part(body, "spec"), _part(body, "status")
    strategy = _part(spec, "updateStrategy")
    if strategy.get("type") == "OnDelete":
        return Progress(done=True, words="its pods change when they are deleted")
    if unseen(body):
        return _SOON
    wanted, ready = _number(spec, "replicas", 1), _number(status, "readyReplicas")
    if ready < wanted:
        return _waiting(f"{ready} of {wanted} ready")
    partition = _number(_part(strategy, "rollingUpdate"), "partition")
    updated = _number(status, "updatedReplicas")
    if partition:
        own = max(0, wanted - partition)
        return (
            _waiting(f"{updated} of {own} updated")
            if updated < own
            else Progress(True, f"{updated} of {wanted} updated")
        )
    if status.get("updateRevision") != status.get("currentRevision"):
        return _waiting(f"{updated} of {wanted} updated")
    return Progress(done=True, words=f"{ready} of {wanted} ready")


def _job(body: Body) -> Progress:
    for kind in ("Failed", "FailureTarget"):
        condition = _condition(body, kind)
        if condition is not None and condition.get("status") == "True":
            why = condition.get("message") or condition.get("reason") or "it has failed"
            return Progress(done=False, words=str(why), failed=True)
    if _holds(body, "Complete"):
        return Progress(done=True, words="complete")
    if _part(body, "spec").get("suspend") is True:
        return Progress(done=True, words="suspended")
    status = _part(body, "status")
    wanted = _number(_part(body, "spec"), "completions", 1)
    return _waiting(f"{_number(status, 'succeeded')} of {wanted} complete, {_number(status, 'active')} active")


def _pod(body: Body) -> Progress:
    status = _part(body, "status")
    phase = status.get("phase")
    if phase == "Failed":
        return Progress(
            done=False, words=str(status.get("message") or status.get("reason") or "it has failed"), failed=True
        )
    if phase == "Succeeded" or _holds(body, "Ready"):
        return Progress(done=True, words="succeeded" if phase == "Succeeded" else "ready")
    return _waiting(str(phase or "not yet seen").lower())


def _definition(body: Body) -> Progress:
    refused = _condition(body, "NamesAccepted")
    if refused is not None and refused.get("status") == "False":
        return Progress(done=False, words=str(refused.get("message", "its names are taken")), failed=True)
    return Progress(done=True, words="established") if _holds(body, "Established") else _waiting("not yet established")


_JUDGES: Mapping[tuple[str, str], Callable[[Body], Progress]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a container of a pod from running. `hopeless`: waiting won't help."""

    pod: str
    container: str
    words: str
    hopeless: bool

    def __str__(self) -> str:
        return f"{self.pod}, container {self.container}: {self.words}"


def troubles(pod: Body) -> Iterator[Trouble]:
    name, status = str(_part(pod, "metadata").get("name", "")), _part(pod, "status")
    for each in (*_list(status, "initContainerStatuses"), *_list(status, "containerStatuses")):
        waiting = _part(_part(each, "state"), "waiting")
        reason = str(waiting.get("reason", ""))
        if reason in ("", "ContainerCreating", "PodInitializing"):
            continue
        restarts = _number(each, "restartCount")
        hopeless = reason in _HOPELESS or (reason == "CrashLoopBackOff" and restarts >= _RESTARTS)
        yield Trouble(name, str(each.get("name", "")), _told(each, reason, str(waiting.get("message", ""))), hopeless)


def _told(container: Body, reason: str, message: str) -> str:
    ended = _part(_part(container, "lastState"), "terminated")
    if reason == "CrashLoopBackOff" and ended:
        times = _number(container, "restartCount")
        return f"{reason}: it ended with status {ended.get('exitCode')}, and was started again {times} times"
    return f"{reason}: {message}" if message else reason


def unscheduled(pod: Body) -> str:
    """Why no node takes the pod; "" when one has. Nodes may yet come: no failure."""
    condition = _condition(pod, "PodScheduled")
    if condition is None or condition.get("status") != "False":
        return ""
    return f"{_part(pod, 'metadata').get('name')}: {condition.get('message') or condition.get('reason')}"


_SOON = Progress(done=False)


def _waiting(words: str) -> Progress:
    return Progress(done=False, words=words)


def _condition(body: Body, kind: str) -> Body | None:
    return next((each for each in _list(_part(body, "status"), "conditions") if each.get("type") == kind), None)


def _holds(body: Body, kind: str) -> bool:
    condition = _condition(body, kind)
    return condition is not None and condition.get("status") == "True"


def _part(body: Body, key: str) -> Body:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(body: Body, key: str) -> list[Body]:
    found = body.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _number(body: Body, key: str, default: int = 0) -> int:
    found = body.get(key)
    return found if isinstance(found, int) else default
