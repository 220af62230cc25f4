"""A deployment as its action's page shows it: every target with its events (feature 106). Values for the templates; no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.deployments import deployment_words, target_words, targets_named
from bot.model.deployment import Deployment, DeploymentStatus, EventRun, TargetStatus

MOST_TARGETS = 200
"""Shown of a deployment; those that failed come first."""

_ICONS = {
    TargetStatus.PENDING: "waiting",
    TargetStatus.IN_PROGRESS: "running",
    TargetStatus.READY: "passed",
    TargetStatus.SUCCEEDED: "passed",
    TargetStatus.FAILED: "failed",
    TargetStatus.SKIPPED: "skipped",
    TargetStatus.UNKNOWN: "failed",
}
_ORDER = (TargetStatus.FAILED, TargetStatus.UNKNOWN, TargetStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class TargetView:
    """`look` is a word of the style sheet's."""

    name: str
    status: TargetStatus
    look: str
    words: str
    events: tuple[EventRun, ...]
    tail: str


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """`open`: there is something to see at once. `named`: what its targets are called."""

    id: str
    named: str
    words: str
    message: str
    open: bool
    targets: tuple[TargetView, ...]
    more: int


def draw_deployment(deployment: Deployment) -> DeploymentView:
    ordered = sorted(deployment.targets, key=lambda run: run.status not in _ORDER)
    return DeploymentView(
        deployment.id,
        targets_named(deployment),
        deployment_words(deployment),
        f"{deployment.error}: {deployment.message}" if deployment.error else deployment.message,
        deployment.status is not DeploymentStatus.SUCCEEDED,
        tuple(
            TargetView(
                run.name,
                run.status,
                _ICONS[run.status],
                target_words(run),
                run.events,
                run.failed_event.tail if run.failed_event else "",
            )
            for run in ordered[:MOST_TARGETS]
        ),
        max(0, len(ordered) - MOST_TARGETS),
    )


def drawn_of(deployments: Sequence[Deployment], stage: str, action: str, attempt: int) -> tuple[DeploymentView, ...]:
    """Those of one attempt at an action, the rollback behind what it rolls back."""
    own = [one for one in deployments if (one.stage, one.action, one.attempt) == (stage, action, attempt)]
    return tuple(draw_deployment(one) for one in sorted(own, key=lambda one: bool(one.rollback_of)))
