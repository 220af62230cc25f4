"""A deployment of a group as it begins: with its names, what it deploys, and what is known of the group."""

from bot.actions.deploying.identity import deployment_id
from bot.model.deployment import Bundle, Deployment, DeploymentStatus
from bot.ports import ActionContext, Store


async def new_deployment(store: Store, context: ActionContext, group: str, bundle: Bundle, began: float) -> Deployment:
    """Without targets. It begins with what the group's last one knew of its health."""
    over = [await store.last_deployment(group, succeeded=each) for each in (True, False)]
    last = max((one for one in over if one is not None), key=lambda one: one.created_at, default=None)
    return Deployment(
        deployment_id(context.job),
        group,
        context.execution.id,
        context.stage.name,
        context.action.name,
        context.attempt,
        bundle,
        began,
        status=DeploymentStatus.IN_PROGRESS,
        health=last.health if last is not None else {},
    )
