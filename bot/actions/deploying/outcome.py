"""What an action says of its deployment, and of what brought back what was there before."""

from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.server_deployment import DeploymentError, DeploymentStatus, ServerDeployment, TargetStatus
from bot.ports import ActionOutcome


def outcome(deployment: ServerDeployment, back: ServerDeployment | str | None) -> ActionOutcome:
    """`back` is the deployment that went back, or why there is none."""
    began, outputs = deployment.created_at, {"DeploymentId": deployment.id}
    if deployment.status is DeploymentStatus.SUCCEEDED:
        return ActionOutcome(ActionStatus.SUCCEEDED, began, deployment.message, outputs=outputs)
    words = f"{deployment.id} {deployment.error or 'failed'}: {deployment.message}{_first_failure(deployment)}"
    if isinstance(back, ServerDeployment):
        words += f"; rolled back by {back.id}: {back.status}{f', {back.message}' if back.message else ''}"
    elif back:
        words += f"; {back}"
    return ActionOutcome(ActionStatus.FAILED, began, words, _code(deployment), outputs=outputs)


def _code(deployment: ServerDeployment) -> ErrorCode:
    return ErrorCode.TIMEOUT if deployment.error is DeploymentError.TIMEOUT else ErrorCode.JOB_FAILED


def _first_failure(deployment: ServerDeployment) -> str:
    """Of a target; a cluster's objects are named by the message."""
    for run in deployment.targets if deployment.manifests is None else ():
        if event := run.failed_event:
            return f"; {run.name}, {event.event}: {event.message or run.message}"
        if run.message and run.status is TargetStatus.FAILED:
            return f"; {run.name}: {run.message}"
    return ""
