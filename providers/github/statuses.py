"""Commit statuses: https://docs.github.com/en/rest/commits/statuses."""

from github import Github

from bot.model.status import CommitStatus, StatusState
from bot.ports import HostUnavailable
from providers.base.shorten import shortened
from providers.features import LIMITS
from providers.github.objects import commit_of, repository_of

STATES = {
    StatusState.QUEUED: "pending",
    StatusState.RUNNING: "pending",
    StatusState.WAITING: "pending",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failure",
    StatusState.STOPPED: "error",
    StatusState.INVALID: "error",
}
"""Section 21 of the behaviour reference."""


def set_status(github: Github, status: CommitStatus) -> None:
    """One request, no more: https://docs.github.com/en/rest/commits/statuses (create a commit status)."""
    commit, state = commit_of(repository_of(github, status.repository), status.commit), STATES[status.state]
    made = commit.create_status(state, status.url, description(status.description), status.context)
    if made.state != state:  # An answer that is no error and yet no status, such as a redirect that was not followed.
        raise HostUnavailable("GitHub did not set the status")


def description(text: str) -> str:
    """GitHub answers "description doesn't accept 4-byte Unicode" to most emoji; they are left out."""
    return shortened("".join(char for char in text if char <= "\uffff"), LIMITS["github"].description)
