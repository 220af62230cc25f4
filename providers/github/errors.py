"""What went wrong with a call to GitHub, in the ports' words: try again and when, or refused and why. No I/O.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from collections.abc import Mapping
from http import HTTPStatus

import requests
from github import BadAttributeException, GithubException

from bot.ports import HostRefused, HostUnavailable, ProviderError
from providers.base.limits import LONGEST_WAIT, RateLimited, seconds
from providers.base.settings_named import Named, in_environment

ENVIRONMENT = in_environment("PENSTOCK_GITHUB")


class BadCredentials(HostRefused):
    """401: whoever signed in is not known, or no longer. `said` is the answer without the remedy."""

    def __init__(self, said: str, token: str) -> None:
        super().__init__(f"{said} (is {token} right and not expired?)")
        self.said = said


class Gone(HostRefused):
    """404: there is no such thing, or whoever signed in may not see it."""


WITHOUT_A_WORD = 60.0
"""How long to wait after a rate limit that does not say: "wait for at least one minute before retrying"."""

UNREADABLE = (BadAttributeException, AssertionError, AttributeError, KeyError, RuntimeError, ValueError)
"""What PyGithub raises over an answer that is not what it should be: broken JSON, a page or a redirect elsewhere."""


def translated(error: Exception, _: object, now: float, named: Named = ENVIRONMENT) -> ProviderError | None:
    """The port's error for it; None for an error that is our own."""
    if isinstance(error, GithubException):
        return _answered(error, now, named)
    if isinstance(error, requests.Timeout):
        return HostUnavailable("GitHub did not answer in time")
    if isinstance(error, requests.RequestException):
        return HostUnavailable(f"GitHub could not be reached ({type(error).__name__})")
    if isinstance(error, UNREADABLE):
        return HostUnavailable(f"GitHub's answer could not be understood ({type(error).__name__})")
    return None


def _answered(error: GithubException, now: float, named: Named) -> ProviderError:
    headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
    said = _said(error)
    if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS) and _limited(headers, said):
        return RateLimited("GitHub", _wait(headers, now))
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.REQUEST_TIMEOUT:
        return HostUnavailable(f"GitHub answered {error.status}", seconds(headers.get("retry-after", ""), 0.0))
    answer = f"GitHub answered {error.status}: {said or 'no reason given'}"
    if error.status == HTTPStatus.UNAUTHORIZED:
        return BadCredentials(answer, named("TOKEN"))
    kind = Gone if error.status == HTTPStatus.NOT_FOUND else HostRefused
    return kind(f"{answer}{_needed(error.status, headers)}")


def _limited(headers: Mapping[str, str], said: str) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said.lower()


def _wait(headers: Mapping[str, str], now: float) -> float:
    """In GitHub's order: Retry-After, else the reset of an exhausted limit, else a minute."""
    if "retry-after" in headers:
        return seconds(headers["retry-after"], WITHOUT_A_WORD)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = seconds(headers.get("x-ratelimit-reset", ""), now + WITHOUT_A_WORD, most=now + LONGEST_WAIT)
        return max(1.0, reset - now)
    return WITHOUT_A_WORD


def _said(error: GithubException) -> str:
    """GitHub's own reason, with what it says of the first wrong field."""
    if not isinstance(error.data, dict):
        return ""
    parts = [error.data.get("message")]
    errors = error.data.get("errors")
    if isinstance(errors, list) and errors:
        parts.append(errors[0].get("message") if isinstance(errors[0], dict) else errors[0])
    return ": ".join(part[:200] for part in parts if isinstance(part, str))


def _needed(status: int, headers: Mapping[str, str]) -> str:
    """What the token lacks, where GitHub tells it."""
    needed = headers.get("x-accepted-github-permissions") or headers.get("x-accepted-oauth-scopes")
    return (
        f" (the token needs: {needed[:100]})"
        if status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and needed
        else ""
    )
