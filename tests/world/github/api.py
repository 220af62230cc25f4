"""The fake GitHub's REST API: who calls, whether they may, what fault was ordered, what was called, and whether GitHub describes it so.
Endpoints are in `endpoints_*`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.fake.calls import Called
from tests.world.github.answers import RateLimit, Refused, refusal, response
from tests.world.github.description import problems
from tests.world.github.hooks import Hooks
from tests.world.github.nouns import Account, App, Hosted, Repository, Token
from tests.world.github.shapes import Shapes

PREFIX = "/api/v3"
"""As on an Enterprise Server: https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api."""

BOT = "penstock"
"""The User-Agent of the bot's requests."""


@dataclass(frozen=True)
class Call:
    """What an endpoint is given. `repository` is there where the address names one."""

    request: web.Request
    account: Account
    body: dict[str, Any]
    found: Repository | None

    @property
    def repository(self) -> Repository:
        assert self.found is not None
        return self.found

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        text = self.part(name)
        if not text.isdecimal():
            raise Refused(404, "Not Found")
        return int(text)

    def text(self, name: str) -> str:
        """A field that must be a non-empty text."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refused(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return value


@dataclass(frozen=True)
class AppCall:
    """What an endpoint for an App itself is given."""

    request: web.Request
    app: App
    body: dict[str, Any]

    def part(self, name: str) -> str:
        return self.request.match_info[name]


Endpoint = Callable[[Call], Awaitable[Answer | Listing]]
AppEndpoint = Callable[[AppCall], Awaitable[Answer]]


@dataclass
class Api(Called):
    hosted: Hosted
    shapes: Shapes
    hooks: Hooks
    app_of: Callable[[App | None, str], App]
    rate: RateLimit = field(default_factory=RateLimit)
    undescribed: list[str] = field(default_factory=list)
    """What the bot has asked for otherwise than GitHub describes it (`description`)."""

    def routes(self, method: str, path: str, permission: str, endpoint: Endpoint) -> list[web.RouteDef]:
        """A path under `{repo}` is there twice: by name, and by number, which is where a renamed one's name leads.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        """
        handler = self._handler(permission, endpoint)
        stems = ["/repos/{owner}/{name}", "/repositories/{id}"] if path.startswith("{repo}") else [""]
        return [web.route(method, PREFIX + stem + path.removeprefix("{repo}"), handler) for stem in stems]

    def app_routes(self, method: str, path: str, endpoint: AppEndpoint) -> list[web.RouteDef]:
        """The same for what only an App may ask, with its JWT."""

        async def handle(request: web.Request) -> web.StreamResponse:
            path = request.path.removeprefix(PREFIX)
            return await self.answered(request, path, partial(self._answer_app, request, endpoint))

        stems = ["/repos/{owner}/{name}", "/repositories/{id}"] if path.startswith("{repo}") else [""]
        return [web.route(method, PREFIX + stem + path.removeprefix("{repo}"), handle) for stem in stems]

    async def _answer_app(self, request: web.Request, endpoint: AppEndpoint) -> web.Response:
        try:
            app, body = self.app_of(self.hosted.app, _bearer(request)), await self._body(request)
            return response(request, self.hosted.url, await endpoint(AppCall(request, app, body)))
        except Refused as error:
            return refusal(error)

    def repository(self, request: web.Request) -> Repository | None:
        """The one that the address names, whoever asks."""
        parts = request.match_info
        if "id" in parts:
            return self.hosted.repositories.get(int(parts["id"]) if parts["id"].isdecimal() else 0)
        return self.hosted.named(f"{parts['owner']}/{parts['name']}") if "name" in parts else None

    def _handler(self, permission: str, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            path = request.path.removeprefix(PREFIX)
            return await self.answered(request, path, partial(self._answer, request, permission, endpoint))

        return handle

    async def _answer(self, request: web.Request, permission: str, endpoint: Endpoint) -> web.Response:
        try:
            token = self._token(request)
            self.rate.spend(token.account.id)
            found = self._repository(request, token)
            call = Call(request, token.account, await self._body(request), found)
            _may(token, permission)
            answer = response(request, self.hosted.url, await endpoint(call))
            answer.headers.update(token.headers())
            if answer.status == web.HTTPNotModified.status_code:
                self.rate.used -= 1
        except Refused as error:
            answer = refusal(error)
        answer.headers.update(self.rate.headers())
        return answer

    async def _body(self, request: web.Request) -> dict[str, Any]:
        """What was sent, if it is described so. Others than the bot may try what they like."""
        body = await _body(request)
        path = request.path.removeprefix(PREFIX)
        if request.headers.get("User-Agent") == BOT:
            found = problems(request.method, path, request.query, body)
            self.undescribed += found
            if found:
                raise Refused(422, "; ".join(found))
        return body

    def _token(self, request: web.Request) -> Token:
        """https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api."""
        if not request.headers.get("User-Agent"):
            raise Refused(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            )
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer"):
            raise Refused(401, "Requires authentication")
        token = self.hosted.tokens.get(value)
        if token is None or token.ends <= self.hosted.now():
            raise Refused(401, "Bad credentials")
        if token.installation is not None and token.installation.suspended:
            raise Refused(403, "This installation has been suspended")
        return token

    def _repository(self, request: web.Request, token: Token) -> Repository | None:
        """What one may not see is not there: 404, never 403. A narrowed token sees what anybody may of the others."""
        if not {"id", "name"} & set(request.match_info):
            return None
        found = self.repository(request)
        if found is None or not found.may_read(token.account):
            raise Refused(404, "Not Found")
        if token.repositories is not None and found.id not in token.repositories:
            if found.private:
                raise Refused(404, "Not Found")
            if request.method != "GET":
                raise Refused(403, "Resource not accessible by integration")
        return found


def _bearer(request: web.Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        raise Refused(401, "Requires authentication")
    return value


def _may(token: Token, permission: str) -> None:
    if permission and not set(permission.split("|")) & token.permissions:
        permission = permission.replace("|", "; ")
        headers = {"X-Accepted-GitHub-Permissions": permission}
        raise Refused(403, "Resource not accessible by personal access token", headers=headers)


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise Refused(400, "Problems parsing JSON") from None
    if not isinstance(value, dict):
        raise Refused(400, "Body should be a JSON object")
    return value
