"""Why an action or a rule came to nothing, in one word. The sentence is its summary."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """The codes of section 18.5. A rule that has one could not be evaluated; one that just does not hold has none."""

    JOB_FAILED = "JobFailed"
    CONFIGURATION = "ConfigurationError"
    PERMISSION = "PermissionError"
    REVISION_UNAVAILABLE = "RevisionUnavailable"
    SYSTEM_UNAVAILABLE = "SystemUnavailable"
    TIMEOUT = "TimeoutError"
    INTERRUPTED = "Interrupted"
    REJECTED = "Rejected"
    INTERNAL = "InternalError"
