"""Going back to what was there before (RLB-1 to RLB-6): a deployment of its own, which is never gone back from itself. What it does is its form's affair."""

from dataclasses import replace

from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.told import Told
from bot.model.deployment import (
    Bundle,
    Creator,
    Deployment,
    DeploymentStatus,
    RollbackOn,
)
from bot.ports import ActionContext


def asked_for(deployment: Deployment, rollback: tuple[RollbackOn, ...]) -> bool:
    """RLB-2: whether this one, which has ended, is to be gone back from."""
    if deployment.status is DeploymentStatus.SUCCEEDED:
        return False
    return (RollbackOn.STOP if deployment.status is DeploymentStatus.STOPPED else RollbackOn.FAILURE) in rollback


def begun(context: ActionContext, failed: Deployment, good: Deployment | None, now: float) -> Deployment:
    """Of what `good` has deployed, if there is any; its targets are still the failed one's."""
    return replace(
        failed,
        id=deployment_id(context.job, rollback=True),
        bundle=good.bundle if good is not None else Bundle("", ""),
        created_at=now,
        creator=Creator.ROLLBACK,
        status=DeploymentStatus.IN_PROGRESS,
        error=None,
        message="",
        ended_at=None,
        rollback_of=failed.id,
        rolled_back_by="",
        let_go=(),
    )


async def tell_of(told: Told, back: Deployment) -> None:
    """`told` is the failed one's, and knows it from then on. Raises StoreUnavailable."""
    told.set(replace(told.deployment, rolled_back_by=back.id))
    await told.keep()


def none(told: Told, why: str) -> str:
    """There is none to go back to, which is said in the log, too."""
    told.line(f"{why[0].upper()}{why[1:]}.")
    return why
