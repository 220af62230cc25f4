"""What only GitLab answers when it will not. The faults of any host are in `tests/world/fake/faults`."""

from tests.world.fake.faults import Fault


def rate_limited(retry_after: int | None) -> Fault:
    """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#use-a-custom-rate-limit-response."""
    headers = {"Content-Type": "text/plain"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Fault("answer", 429, "Retry later\n", headers)


def locked() -> Fault:
    """Two at once set statuses of one commit, and one waited too long: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status."""
    body = '{"message": "Another update to this commit status is in progress"}'
    return Fault("answer", 409, body, {"Content-Type": "application/json"})
