"""The fake GitLab's REST API: who calls, whether they may, what fault was ordered, what was called. Endpoints are in `endpoints_*`."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.fake.calls import Called
from tests.world.gitlab.answers import RateLimit, Refused, not_found, refusal, response
from tests.world.gitlab.hooks import Hooks
from tests.world.gitlab.nouns import Account, Hosted, Project, Token
from tests.world.gitlab.shapes import Shapes

PREFIX = "/api/v4"
"""https://docs.gitlab.com/api/rest/."""

UNAUTHORIZED = Refused(401, {"message": "401 Unauthorized"})


@dataclass(frozen=True)
class Call:
    """What an endpoint is given. `project` is there where the address names one."""

    request: web.Request
    token: Token
    body: dict[str, Any]
    found: Project | None

    @property
    def account(self) -> Account:
        return self.token.account

    @property
    def project(self) -> Project:
        assert self.found is not None
        return self.found

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        """https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400."""
        text = self.part(name)
        if not text.isdecimal():
            raise Refused(400, {"error": f"{name} is invalid"})
        return int(text)

    def text(self, name: str) -> str:
        """A field that must be a non-empty text."""
        value = self.body.get(name)
        if value is None:
            raise Refused(400, {"error": f"{name} is missing"})
        if not isinstance(value, str) or not value.strip():
            raise Refused(400, {"error": f"{name} is invalid"})
        return value


Endpoint = Callable[[Call], Awaitable[Answer | Listing]]


@dataclass
class Api(Called):
    """`peers` are the connections by which it was called. Old servers do not know the `activity_filter` of notes.

    Those before 19.0 do not sign (`signs`).
    """

    hosted: Hosted
    shapes: Shapes
    hooks: Hooks
    rate: RateLimit = field(default_factory=RateLimit)
    peers: set[object] = field(default_factory=set)
    knows_activity_filter: bool = True
    signs: bool = True

    def route(self, method: str, path: str, endpoint: Endpoint, *scopes: str, prefix: str = PREFIX) -> web.RouteDef:
        """`scopes` that suffice beside `api`: https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes."""
        return web.route(method, prefix + path, self._handler(endpoint, frozenset({"api", *scopes})))

    def _handler(
        self, endpoint: Endpoint, scopes: frozenset[str]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.peers.add(request.transport.get_extra_info("peername") if request.transport else None)
            path = request.rel_url.raw_path.removeprefix(PREFIX)
            return await self.answered(request, path, partial(self._answer, request, endpoint, scopes))

        return handle

    async def _answer(self, request: web.Request, endpoint: Endpoint, scopes: frozenset[str]) -> web.Response:
        try:
            token = self._token(request)
            self.rate.spend()
            _may(token, scopes)
            call = Call(request, token, await _body(request), self._project(request, token.account))
            answer = response(request, self.hosted.url, await endpoint(call))
        except Refused as error:
            answer = refusal(error)
        answer.headers.update(self.rate.headers())
        return answer

    def _token(self, request: web.Request) -> Token:
        """https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        value = request.headers.get("PRIVATE-TOKEN") or (bearer if scheme.lower() == "bearer" else "")
        token = self.hosted.tokens.get(value)
        if token is None or token.account.state != "active":
            raise UNAUTHORIZED
        if token.expires_at is not None and date.fromisoformat(token.expires_at) <= date.today():  # noqa: DTZ011
            raise UNAUTHORIZED
        return token

    def _project(self, request: web.Request, account: Account) -> Project | None:
        """What one may not see is not there: 404, never 403."""
        if "project" not in request.match_info:
            return None
        name = request.match_info["project"]
        found = self.hosted.projects.get(int(name)) if name.isdecimal() else self.hosted.at(name)
        if found is None or not self.hosted.may_see(account, found):
            raise not_found("Project")
        return found


def _may(token: Token, scopes: frozenset[str]) -> None:
    if not token.scopes & scopes:
        said = "The request requires higher privileges than provided by the access token."
        wanted = " ".join(sorted(scopes))
        raise Refused(403, {"error": "insufficient_scope", "error_description": said, "scope": wanted})


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return dict(request.query)
    try:
        value = json.loads(raw)
    except ValueError:
        raise Refused(400, {"error": "Problem parsing JSON"}) from None
    if not isinstance(value, dict):
        raise Refused(400, {"error": "The body is no object"})
    return value
