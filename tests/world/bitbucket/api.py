"""A fake Bitbucket's REST API, as far as Cloud's and Data Center's are alike: what was called, faults on order, who calls."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from aiohttp import web

from tests.world.bitbucket.nouns import Account, Hosted, Repository, Token
from tests.world.fake.calls import Called

Json = dict[str, Any]


class Refused(Exception):
    """An error answer. `detail` is what Cloud adds to some."""

    def __init__(self, status: int, message: str, detail: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail


@dataclass(frozen=True)
class Call:
    """What an endpoint is given. `repository` is there where the address names one; `items` where the body is a list."""

    request: web.Request
    token: Token
    body: Json
    found: Repository | None
    items: Sequence[Json] = ()

    @property
    def account(self) -> Account:
        return self.token.account

    @property
    def repository(self) -> Repository:
        assert self.found is not None
        return self.found

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        text = self.part(name)
        if not text.isdecimal():
            raise Refused(404, f"There is no {name} {text}.")
        return int(text)


Endpoint = Callable[[Call], Awaitable[web.Response]]


class Dialect(Protocol):
    """What Cloud and Data Center say differently."""

    def token(self, request: web.Request) -> Token:
        """Raises Refused."""

    def error(self, error: Refused) -> web.Response: ...

    def headers(self, token: Token) -> dict[str, str]: ...

    def not_found(self, owner: str, name: str) -> Refused: ...


@dataclass
class Api(Called):
    hosted: Hosted
    dialect: Dialect

    def route(self, method: str, path: str, scope: str, endpoint: Endpoint) -> web.RouteDef:
        return web.route(method, path, self._handler(scope, endpoint))

    def _handler(self, scope: str, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            path = request.path_qs
            return await self.answered(request, path, partial(self._answer, request, scope, endpoint))

        return handle

    async def _answer(self, request: web.Request, scope: str, endpoint: Endpoint) -> web.Response:
        try:
            token = self.dialect.token(request)
            _may(token, scope)
            body = await _body(request)
            items, body = (body, {}) if isinstance(body, list) else ((), body)
            call = Call(request, token, body, self._repository(request, token), items)
            answer = await endpoint(call)
            answer.headers.update(self.dialect.headers(token))
        except Refused as error:
            answer = self.dialect.error(error)
        return answer

    def _repository(self, request: web.Request, token: Token) -> Repository | None:
        """What one may not see is not there."""
        parts = request.match_info
        if "owner" not in parts:
            return None
        found = self.hosted.named(parts["owner"], parts["name"])
        if found is None or not token.reaches(found) or not self.hosted.may(found, token.account, "read"):
            raise self.dialect.not_found(parts["owner"], parts["name"])
        return found


def _may(token: Token, scope: str) -> None:
    if scope and scope not in token.scopes:
        detail = {"required": [scope], "granted": sorted(token.scopes)}
        raise Refused(403, "Your credentials lack one or more required privilege scopes.", detail)


async def _body(request: web.Request) -> Json | list[Json]:
    raw = await request.read()
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(value, dict | list):
        raise Refused(400, "The body is no JSON object.")
    return value
