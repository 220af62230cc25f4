"""How the fake GitHub's API answers: errors, pages, entity tags, rate limits. Nothing of what the answers are about."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.world.fake.answers import Answer, Listing, page

DOCUMENTATION = "https://docs.github.com/rest"
MOST_PER_PAGE = 100


class Refused(Exception):
    """An error answer, in the form of https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api."""

    def __init__(
        self, status: int, message: str, errors: Sequence[Any] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
        if errors:
            self.body["errors"] = list(errors)  # type: ignore[assignment]
        self.headers = dict(headers or {})


def invalid(resource: str, name: str, message: str) -> Refused:
    error = {"resource": resource, "code": "custom", "field": name, "message": message}
    return Refused(422, "Validation Failed", [error])


@dataclass
class RateLimit:
    """The primary limit. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""

    limit: int = 5000
    used: int = 0
    reset: float = field(default_factory=lambda: time.time() + 3600)

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def spend(self, account_id: int) -> None:
        if self.remaining == 0:
            raise Refused(403, f"API rate limit exceeded for user ID {account_id}.")
        self.used += 1

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(int(self.reset)),
            "X-RateLimit-Resource": "core",
        }


def response(request: web.Request, base: str, answer: Answer | Listing) -> web.Response:
    """The answer as HTTP; 304 where the caller has it already, which does not count against the rate limit.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
    """
    headers: dict[str, str] = {}
    if isinstance(answer, Listing):
        answer, headers = _page(request, base, answer)
    headers |= answer.headers
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    text = json.dumps(answer.body)
    if request.method == "GET":
        told_whom = request.headers.get(
            "Authorization", ""
        )  # "Vary: Authorization": to another token it is another answer
        headers["ETag"] = f'W/"{hashlib.sha256((told_whom + text).encode()).hexdigest()}"'
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
    return web.Response(text=text, status=answer.status, headers=headers, content_type="application/json")


def refusal(error: Refused) -> web.Response:
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _page(request: web.Request, base: str, listing: Listing) -> tuple[Answer, dict[str, str]]:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api."""
    at = page(request, listing.items, 30, MOST_PER_PAGE)

    def link(number: int, relation: str) -> str:
        query = urlencode(dict(request.query) | {"page": str(number)})
        return f'<{base}{request.path}?{query}>; rel="{relation}"'

    links = [link(at.number - 1, "prev"), link(1, "first")] if at.number > 1 else []
    links += [link(at.number + 1, "next"), link(at.last, "last")] if at.number < at.last else []
    shown = {"total_count": len(listing.items), listing.name: at.shown} if listing.name else at.shown
    return Answer(shown), {"Link": ", ".join(links)} if links else {}
