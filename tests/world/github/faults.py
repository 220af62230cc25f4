"""What only GitHub answers when it will not. The faults of any host are in `tests/world/fake/faults`."""

from tests.world.fake.faults import Fault


def secondary_limit(retry_after: int | None) -> Fault:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits."""
    headers = {"Content-Type": "application/json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
    return Fault("answer", 403, body, headers)
