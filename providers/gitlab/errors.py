"""What went wrong with a call to GitLab, in the ports' words: try again and when, or refused and why. No I/O.

https://docs.gitlab.com/api/rest/troubleshooting/#status-codes
https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

import requests
from gitlab.exceptions import GitlabError, RedirectError

from bot.ports import HostRefused, HostUnavailable, ProviderError
from providers.base.limits import LONGEST_WAIT, RateLimited, seconds
from providers.base.settings_named import Named, in_environment

ENVIRONMENT = in_environment("PENSTOCK_GITLAB")

WITHOUT_A_WORD = 60.0
"""How long to wait after a rate limit that does not say: most of GitLab's are counted by the minute."""

BUSY = 2.0
"""How long to wait for a lock that GitLab could not get: it has tried for ten seconds itself."""

_TRANSITION = re.compile(r"Cannot transition status via :\w+ from :(\w+)")


class CannotTransition(HostRefused):
    """A status that still runs cannot be set so: it is already in the state `state`, or past the one wanted."""

    def __init__(self, state: str) -> None:
        super().__init__(f"GitLab answered 400: the status is {state}")
        self.state = state


class Forbidden(HostRefused):
    """The token's account may not do that, whatever the token may."""


class NotThere(HostRefused):
    """What was asked for is not there, or not to be seen with this token."""


def translated(
    error: Exception, headers: Mapping[str, str], now: float, named: Named = ENVIRONMENT
) -> ProviderError | None:
    """The port's error for it; None for an error that is our own. `headers` are those of the answer, their names in lower case."""
    if isinstance(error, RedirectError | requests.TooManyRedirects):
        return HostRefused(f"GitLab answered with a redirect: is {named('URL')} its own address?")
    if isinstance(error, GitlabError):
        return _answered(error, headers, now, named)
    if isinstance(error, requests.Timeout):
        return HostUnavailable("GitLab did not answer in time")
    if isinstance(error, OSError):  # which those of requests are as well
        return HostUnavailable(f"GitLab could not be reached ({type(error).__name__})")
    if isinstance(error, ValueError):  # broken JSON, or JSON that is not what it should be
        return HostUnavailable("GitLab's answer could not be understood")
    return None


def _answered(error: GitlabError, headers: Mapping[str, str], now: float, named: Named) -> ProviderError:
    status, said = error.response_code or 0, _said(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("GitLab", _wait(headers, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return HostUnavailable(f"GitLab answered {status}", seconds(headers.get("retry-after", ""), 0.0))
    if status == HTTPStatus.CONFLICT:
        return HostUnavailable(f"GitLab answered {status}: {said or 'it is busy'}", BUSY)
    if status == HTTPStatus.BAD_REQUEST and (found := _TRANSITION.search(said)):
        return CannotTransition(found[1])
    needed = _needed(status, error, named)
    text = f"GitLab answered {status}: {said or 'no reason given'}{needed}"
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return NotThere(text)
    return Forbidden(text) if status == HTTPStatus.FORBIDDEN and not needed else HostRefused(text)


def _wait(headers: Mapping[str, str], now: float) -> float:
    if "retry-after" in headers:
        return seconds(headers["retry-after"], WITHOUT_A_WORD)
    reset = seconds(headers.get("ratelimit-reset", ""), now + WITHOUT_A_WORD, most=now + LONGEST_WAIT)
    return max(1.0, reset - now)


def _said(error: GitlabError) -> str:
    """GitLab's own reason: a text, or texts by the field that is wrong."""
    message: object = _body(error).get("message") or _body(error).get("error")
    if isinstance(message, dict | list):
        message = json.dumps(message)
    return message[:200] if isinstance(message, str) else ""


def _needed(status: int, error: GitlabError, named: Named) -> str:
    """What the token lacks, where GitLab tells it."""
    if status == HTTPStatus.UNAUTHORIZED:
        return f" (is {named('TOKEN')} right and not expired?)"
    scope = _body(error).get("scope")
    if status == HTTPStatus.FORBIDDEN and isinstance(scope, str):
        return f" (the token needs the scope: {scope[:100]})"
    return ""


def _body(error: GitlabError) -> dict[str, object]:
    try:
        body = json.loads(error.response_body or b"")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
