"""How a job's end becomes an action's outcome: status, code and words."""

from dataclasses import dataclass

from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import ActionOutcome, CommitUnavailable, HostRefused, Job, JobEnd, JobResult


@dataclass(frozen=True, slots=True)
class Told:
    """What the executor tells of a job, whatever becomes of the action."""

    started_at: float
    exit_status: int | None
    peak_memory: int | None

    def outcome(self, status: ActionStatus, summary: str = "", error: ErrorCode | None = None) -> ActionOutcome:
        return ActionOutcome(status, self.started_at, summary, error, self.exit_status, self.peak_memory)


def told(result: JobResult) -> Told:
    return Told(result.started_at, result.exit_status, result.peak_memory)


def verdict(job: Job, result: JobResult) -> tuple[ActionStatus, ErrorCode | None, str]:
    """Of a job alone; what its output is worth is for the action to say."""
    match result.end:
        case JobEnd.EXITED if result.exit_status == 0:
            return ActionStatus.SUCCEEDED, None, ""
        case JobEnd.EXITED | JobEnd.OVER_LIMIT:
            return ActionStatus.FAILED, ErrorCode.JOB_FAILED, _exit_words(result)
        case JobEnd.TIMED_OUT:
            return ActionStatus.FAILED, ErrorCode.TIMEOUT, f"still running after its timeout of {job.timeout:g} s"
        case JobEnd.KILLED:
            return ActionStatus.ABANDONED, None, "abandoned"
        case JobEnd.INTERRUPTED:
            return ActionStatus.FAILED, ErrorCode.INTERRUPTED, "interrupted: the bot stopped while it was running"
        case JobEnd.NOT_STARTED:
            return ActionStatus.FAILED, ErrorCode.SYSTEM_UNAVAILABLE, f"could not be started: {result.reason}"


def _exit_words(result: JobResult) -> str:
    if result.end is JobEnd.OVER_LIMIT:
        return result.reason
    status = result.exit_status or 0
    ended = f"ended by signal {-status}" if status < 0 else f"exit status {status}"
    return f"{ended}; {result.reason}" if result.reason else ended


def code(error: Exception) -> ErrorCode:
    """Of what kept an action from beginning: the host's refusal, a commit that is gone, or else something in the file."""
    if isinstance(error, CommitUnavailable):
        return ErrorCode.REVISION_UNAVAILABLE
    return ErrorCode.PERMISSION if isinstance(error, HostRefused) else ErrorCode.CONFIGURATION
