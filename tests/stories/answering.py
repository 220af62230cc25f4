"""An endpoint that answers in turn, and the rules that wait for what it says."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.world.repo import Push


def entry(**rule: Any) -> dict[str, Any]:
    return {"before_entry": {"rules": [{"name": "asked", **rule}]}}


async def said(push: Push) -> str:
    """What the rule has come to so far. (A status that stays "running" is not described anew on every host.)"""
    run = (await push.execution()).stages[1].before_entry
    return run.rules[0].summary if run is not None else ""


@asynccontextmanager
async def endpoint(*answers: tuple[int, Any]) -> AsyncIterator[tuple[str, list[tuple[dict[str, Any], dict[str, str]]]]]:
    """A server on this machine that answers in turn, the last for ever; and what it was asked."""
    asked: list[tuple[dict[str, Any], dict[str, str]]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        asked.append(
            (json.loads(body) if body else dict(request.query), dict(request.headers) | {"body": body.decode()})
        )
        status, said = answers[min(len(asked), len(answers)) - 1]
        headers = {"Location": "http://127.0.0.1:9/"} if status in (301, 302, 307) else {}
        return web.json_response(said, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/"), asked
