"""A deployment as CodeDeploy has it: its targets, the events on each, and how it ended. Rule ids: appspec reference.

Not the host's record of a deployment, which is `bot.model.host_deployment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.appspec import Existing, LifecycleEvent
from bot.model.deployment_wait import LetGo
from bot.model.traffic import BlueGreen, Color, TrafficShift


class DeploymentStatus(StrEnum):
    """DPL-2. Ready: the replacements wait for their traffic. Baking: they have it, and the originals are kept for a while."""

    CREATED = "Created"
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    BAKING = "Baking"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    READY = "Ready"

    @property
    def ended(self) -> bool:
        return self in (DeploymentStatus.SUCCEEDED, DeploymentStatus.FAILED, DeploymentStatus.STOPPED)


class TargetStatus(StrEnum):
    """DPL-3, and of the events on a target."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    UNKNOWN = "Unknown"
    READY = "Ready"


class DeploymentError(StrEnum):
    """Those of FLR-4 that can happen here."""

    HEALTH_CONSTRAINTS = "HEALTH_CONSTRAINTS"
    HEALTH_CONSTRAINTS_INVALID = "HEALTH_CONSTRAINTS_INVALID"
    HOOK_EXECUTION_FAILURE = "HOOK_EXECUTION_FAILURE"
    ALARM_ACTIVE = "ALARM_ACTIVE"
    ELASTIC_LOAD_BALANCING_INVALID = "ELASTIC_LOAD_BALANCING_INVALID"
    INVALID_REVISION = "INVALID_REVISION"
    REVISION_MISSING = "REVISION_MISSING"
    NO_INSTANCES = "NO_INSTANCES"
    MANUAL_STOP = "MANUAL_STOP"
    TIMEOUT = "TIMEOUT"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class DeploymentKind(StrEnum):
    """What it deploys to, one target at a time: servers, or the objects of a cluster."""

    SERVERS = "servers"
    CLUSTER = "cluster"


class Creator(StrEnum):
    """DPL-5."""

    USER = "user"
    ROLLBACK = "codeDeployRollback"


@dataclass(frozen=True, slots=True)
class Minimum:
    """How many targets stay healthy: a number of them, or a percentage, rounded up (section 10)."""

    value: int
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Zones:
    """One zone after another. Seconds that each is watched before the next; the first may be watched longer."""

    minimum: Minimum = Minimum(0)
    monitor: float = 0.0
    first_monitor: float | None = None


@dataclass(frozen=True, slots=True)
class DeploymentConfiguration:
    """`name` as CodeDeploy's, without its prefix; "" for one of the file's own."""

    name: str = "OneAtATime"
    minimum: Minimum = Minimum(99, percent=True)
    zones: Zones | None = None


CONFIGURATIONS: Mapping[str, DeploymentConfiguration] = {
    "OneAtATime": DeploymentConfiguration(),
    "HalfAtATime": DeploymentConfiguration("HalfAtATime", Minimum(50, percent=True)),
    "AllAtOnce": DeploymentConfiguration("AllAtOnce", Minimum(0)),
}


class RollbackOn(StrEnum):
    """RLB-2."""

    FAILURE = "failure"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Releases:
    """Each deployment in a folder of its own, `path`/releases/<release>; the link `path`/current leads to one of them. The last `keep` stay.

    `shared` are paths in a release that lead to `path`/shared, and so outlive it.
    """

    path: str
    keep: int = 5
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """What a deploy action says beside its appspec. `targets` names; without them those that have all of `tags`; `tags` empty, too: the
    those whose tag `environment` is the stage's.

    `existing` counts where the appspec says nothing (INS-9). `balancer` is one of the operator's by name; "" where traffic is nobody's to shift.
    `releases` None: files are installed where the appspec says. `group` as it is written: `GROUP`, `APPLICATION/GROUP`, or `PIPELINE/STAGE/ACTION`; ""
    for the action's own. With `blue_green` that says which targets, and not `targets` or `tags`.
    """

    targets: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    configuration: DeploymentConfiguration = DeploymentConfiguration()
    rollback: tuple[RollbackOn, ...] = (RollbackOn.FAILURE,)
    existing: Existing = Existing.DISALLOW
    ignore_stop_failures: bool = False
    balancer: str = ""
    releases: Releases | None = None
    group: str = ""
    blue_green: BlueGreen | None = None


@dataclass(frozen=True, slots=True)
class EventRun:
    """One event on one target. `code`, `script`, `message` and `tail` (the last 2048 bytes of its output) as in SCR-7."""

    event: LifecycleEvent
    status: TargetStatus = TargetStatus.PENDING
    took: float = 0.0
    code: str = ""
    script: str = ""
    message: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class TargetRun:
    """`color` is the set that it is of, where there are two."""

    name: str
    status: TargetStatus = TargetStatus.PENDING
    events: tuple[EventRun, ...] = ()
    message: str = ""
    color: Color | None = None

    @property
    def failed_event(self) -> EventRun | None:
        return next((event for event in self.events if event.status is TargetStatus.FAILED), None)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is deployed, so that it can be had again: an artifact of the store, or the commit where `artifact` is "". `appspec` is its text."""

    commit: str
    appspec: str
    space: str = ""
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class Manifests:
    """What is applied to a cluster: globs of files of the bundle, and what is put into them. `cluster` is the operator's name for it.

    `images`: the name of an image as manifests have it, and its tag, digest or whole reference. `values` stand for `${NAME}` in texts.
    """

    files: tuple[str, ...]
    cluster: str = ""
    namespace: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """HLT-1: how a target was left, and the deployment whose revision it has; "" when that is not known."""

    healthy: bool
    deployment: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """`id` as in DEPLOYMENT_ID. `group` names the deployment group for ever. `health` is of all targets that the group has ever had.

    `rollback_of` is the deployment whose failure caused this one, `rolled_back_by` the other way round (RLB-1).
    `release` names the folder below `releases` that it is in: a rollback's is that of the deployment that it brings back.
    `traffic`: how far it is shifted, where that is what the deployment does; `let_go`: who has ended its waits (BGR-4).

    One to a cluster has `manifests`, with all references resolved; its targets are objects, its `health` is of every object that the
    group has applied and that is not known to be gone.
    """

    id: str
    group: str
    execution: str
    stage: str
    action: str
    attempt: int
    bundle: Bundle
    created_at: float
    creator: Creator = Creator.USER
    status: DeploymentStatus = DeploymentStatus.CREATED
    error: DeploymentError | None = None
    message: str = ""
    ended_at: float | None = None
    targets: tuple[TargetRun, ...] = ()
    health: Mapping[str, TargetHealth] = field(default_factory=dict)
    existing: Existing = Existing.DISALLOW
    rollback_of: str = ""
    rolled_back_by: str = ""
    releases: Releases | None = None
    release: str = ""
    traffic: TrafficShift | None = None
    manifests: Manifests | None = None
    let_go: tuple[LetGo, ...] = ()

    @property
    def kind(self) -> DeploymentKind:
        """By what only that kind has, so that no record can say one and hold the other."""
        return DeploymentKind.SERVERS if self.manifests is None else DeploymentKind.CLUSTER

    @property
    def counts(self) -> Mapping[TargetStatus, int]:
        """DPL-4: those that there are."""
        every = [target.status for target in self.targets]
        return {status: every.count(status) for status in TargetStatus if status in every}
