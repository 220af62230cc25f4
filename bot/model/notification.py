"""Who is told of what happens to a pipeline's executions, beside those who look: rules of the pipeline file (section 19.2)."""

from dataclasses import dataclass
from enum import StrEnum


class NotificationEvent(StrEnum):
    """CodePipeline's event ids, without `codepipeline-pipeline-`; its canceled executions are our stopped and cancelled ones.

    Two are ours: RECOVERED is a success after a failure on the same lane, ROLLED_BACK the success of a rollback.
    """

    STARTED = "pipeline-execution-started"
    RESUMED = "pipeline-execution-resumed"
    SUCCEEDED = "pipeline-execution-succeeded"
    FAILED = "pipeline-execution-failed"
    CANCELED = "pipeline-execution-canceled"
    SUPERSEDED = "pipeline-execution-superseded"
    RECOVERED = "pipeline-execution-recovered"
    ROLLED_BACK = "pipeline-execution-rolled-back"
    STAGE_STARTED = "stage-execution-started"
    STAGE_RESUMED = "stage-execution-resumed"
    STAGE_SUCCEEDED = "stage-execution-succeeded"
    STAGE_FAILED = "stage-execution-failed"
    STAGE_CANCELED = "stage-execution-canceled"
    ACTION_STARTED = "action-execution-started"
    ACTION_SUCCEEDED = "action-execution-succeeded"
    ACTION_FAILED = "action-execution-failed"
    ACTION_CANCELED = "action-execution-canceled"
    APPROVAL_NEEDED = "manual-approval-needed"
    APPROVAL_SUCCEEDED = "manual-approval-succeeded"
    APPROVAL_FAILED = "manual-approval-failed"


USUAL = (NotificationEvent.APPROVAL_NEEDED, NotificationEvent.FAILED, NotificationEvent.RECOVERED)
"""What a rule that names no events is about: what somebody should do something about, and that nobody needs to any more."""


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """`to` names targets that the bot's operator has set up. Executions of pull requests are told of only where it says so."""

    to: tuple[str, ...]
    events: tuple[NotificationEvent, ...] = USUAL
    pull_requests: bool = False
