"""How the fake GitLab's API answers: errors, pages, rate limits. Nothing of what the answers are about."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.world.fake.answers import Answer, Listing, page

MOST_PER_PAGE = 100


class Refused(Exception):
    """An error answer: https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found(what: str) -> Refused:
    return Refused(404, {"message": f"404 {what} Not Found"})


def forbidden() -> Refused:
    return Refused(403, {"message": "403 Forbidden"})


@dataclass
class RateLimit:
    """Requests a minute. https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers."""

    limit: int = 2000
    observed: int = 0
    reset: float = field(default_factory=lambda: time.time() + 60)

    def spend(self) -> None:
        if self.observed >= self.limit:
            wait = {"Retry-After": str(max(1, int(self.reset - time.time())))}
            raise Refused(429, {"message": "Retry later"}, wait | self.headers())
        self.observed += 1

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Observed": str(self.observed),
            "RateLimit-Remaining": str(max(0, self.limit - self.observed)),
            "RateLimit-Reset": str(int(self.reset)),
        }


def response(request: web.Request, base: str, answer: Answer | Listing) -> web.Response:
    if isinstance(answer, Answer) and answer.status == 204:
        return web.Response(status=204)
    if isinstance(answer, Answer):
        return web.json_response(answer.body, status=answer.status)
    return _page(request, base, answer.items)


def refusal(error: Refused) -> web.Response:
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _page(request: web.Request, base: str, items: Sequence[Any]) -> web.Response:
    """https://docs.gitlab.com/api/rest/#offset-based-pagination."""
    at = page(request, items, 20, MOST_PER_PAGE)

    def link(number: int, relation: str) -> str:
        query = urlencode(dict(request.query) | {"page": str(number), "per_page": str(at.size)})
        return f'<{base}{request.path}?{query}>; rel="{relation}"'

    links = [link(at.number - 1, "prev")] if at.number > 1 else []
    links += [link(at.number + 1, "next")] if at.number < at.last else []
    headers = {
        "Link": ", ".join([*links, link(1, "first"), link(at.last, "last")]),
        "X-Next-Page": str(at.number + 1) if at.number < at.last else "",
        "X-Page": str(at.number),
        "X-Per-Page": str(at.size),
        "X-Prev-Page": str(at.number - 1) if at.number > 1 else "",
        "X-Total": str(len(items)),
        "X-Total-Pages": str(at.last),
    }
    return web.json_response(at.shown, headers=headers)
