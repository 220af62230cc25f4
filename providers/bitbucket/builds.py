"""A commit status as Bitbucket's build statuses have it: states, keys, and what fits. No I/O.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/
"""

import hashlib

from bot.model.status import StatusState

STATES = {
    StatusState.QUEUED: "INPROGRESS",
    StatusState.RUNNING: "INPROGRESS",
    StatusState.WAITING: "INPROGRESS",
    StatusState.SUCCEEDED: "SUCCESSFUL",
    StatusState.FAILED: "FAILED",
    StatusState.INVALID: "FAILED",
}
"""Section 21 of the behaviour reference. STOPPED is the one that the two Bitbuckets name differently."""

_DIGEST = 10


def key_of(context: str, limit: int) -> str:
    """A context as a key: itself where it fits, else as much of it as fits and a digest of the whole, always the same."""
    if len(context) <= limit:
        return context
    digest = hashlib.sha256(context.encode()).hexdigest()[:_DIGEST]
    return f"{context[: limit - _DIGEST - 1]}-{digest}"
