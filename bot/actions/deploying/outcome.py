"""What an action says of its deployment, and of what brought back what was there before."""

from bot.model.deployment import Deployment, DeploymentError, DeploymentKind, DeploymentStatus, TargetStatus
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import ActionOutcome


def outcome(deployment: Deployment, back: Deployment | str | None) -> ActionOutcome:
    """`back` is the deployment that went back, or why there is none."""
    began, outputs = deployment.created_at, {"DeploymentId": deployment.id}
    if deployment.status is DeploymentStatus.SUCCEEDED:
        return ActionOutcome(ActionStatus.SUCCEEDED, began, deployment.message, outputs=outputs)
    words = f"{deployment.id} {deployment.error or 'failed'}: {deployment.message}{_first_failure(deployment)}"
    if isinstance(back, Deployment):
        words += f"; rolled back by {back.id}: {back.status}{f', {back.message}' if back.message else ''}"
    elif back:
        words += f"; {back}"
    return ActionOutcome(ActionStatus.FAILED, began, words, _code(deployment), outputs=outputs)


def _code(deployment: Deployment) -> ErrorCode:
    return ErrorCode.TIMEOUT if deployment.error is DeploymentError.TIMEOUT else ErrorCode.JOB_FAILED


def _first_failure(deployment: Deployment) -> str:
    """Of a target; a cluster's objects are named by the message."""
    for run in deployment.targets if deployment.kind is DeploymentKind.SERVERS else ():
        if event := run.failed_event:
            return f"; {run.name}, {event.event}: {event.message or run.message}"
        if run.message and run.status is TargetStatus.FAILED:
            return f"; {run.name}: {run.message}"
    return ""
