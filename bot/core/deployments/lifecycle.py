"""The events of a target in their order, and whose scripts each runs (sections 5 and 6)."""

from bot.model.appspec import LifecycleEvent
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.pipeline import Action, Deploy, Pipeline

_TRAFFIC = frozenset(event for event in LifecycleEvent if event.endswith("Traffic"))

PREVIOUS_REVISION = frozenset(
    {LifecycleEvent.APPLICATION_STOP, LifecycleEvent.BEFORE_BLOCK_TRAFFIC, LifecycleEvent.AFTER_BLOCK_TRAFFIC}
)
"""REV-1: they run before the new revision is there. Their failures alone may be passed over (REV-4)."""


def in_place(*, traffic: bool = False) -> tuple[LifecycleEvent, ...]:
    """Those of a deployment in place. `traffic`: there is a balancer, without which nothing blocks or allows any (A7)."""
    ends = (LifecycleEvent.START, LifecycleEvent.END)
    return tuple(event for event in LifecycleEvent if event not in ends and (traffic or event not in _TRAFFIC))


def blue_green(*, stop: bool) -> tuple[tuple[LifecycleEvent, ...], tuple[LifecycleEvent, ...]]:
    """Those of the replacements, and of the originals, whose application is stopped at last where `stop` says so."""
    allow = tuple(event for event in LifecycleEvent if event.endswith("AllowTraffic"))
    block = tuple(event for event in LifecycleEvent if event.endswith("BlockTraffic"))
    return (*in_place(), *allow), (*block, *([LifecycleEvent.APPLICATION_STOP] if stop else []))


def may_wait_for_people(action: Action) -> bool:
    """Whether its deployment waits for its traffic, until somebody lets it go on (BGR-3, BGR-4)."""
    plan = action.work.options.blue_green if isinstance(action.work, Deploy) else None
    return plan is not None and plan.ready > 0


def deploys(pipeline: Pipeline) -> bool:
    """Whether it has deployments to servers or clusters at all; for most there is nothing to look up."""
    return any(
        isinstance(action.work, Deploy | ManifestDeploy) for stage in pipeline.stages for action in stage.actions
    )
