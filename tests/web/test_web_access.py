"""Who sees pages: by where they come from, by the name they ask for, and by the token."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.web.access import COOKIE, local_path
from bot.web.operator_session import COOKIE as OPERATORS
from bot.web.operator_session import LASTS, begin, session_of
from bot.web.site import SITE, AccessRules
from tests.web.conftest import Client, Serve
from tests.web.parts import signature
from tests.web.scene import Scene
from tests.world.host import WoundClock

TOKEN = "correct horse battery staple"
ELSEWHERE = AccessRules(loopback=False, public_url="https://ci.example.org", page_token=TOKEN)
NO_TOKEN = AccessRules(loopback=False, public_url="https://ci.example.org")
LOOPBACK = AccessRules(loopback=True, public_url="https://ci.example.org", page_token=TOKEN)
PAGE = {"Accept": "text/html"}


async def status(client: Client, path: str = "/", **headers: str) -> int:
    async with client.get(path, headers=headers, allow_redirects=False) as response:
        return response.status


async def test_loopback_needs_no_token(serve: Serve) -> None:
    assert await status(await serve(LOOPBACK)) == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((name, 200) for name in ("localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST")),
        *((name, 421) for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[")),
        ("ci.example.org", 401),
    ],
)
async def test_on_loopback_a_browser_must_have_asked_for_this_machine(serve: Serve, host: str, expected: int) -> None:
    """A web site that points its own name at 127.0.0.1 reads nothing; the public name leads here through a proxy."""
    client = await serve(LOOPBACK)
    assert await status(client, Host=host) == expected
    assert await status(client, "/host/", Host=host) != 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
async def test_what_came_through_a_proxy_did_not_come_over_loopback(serve: Serve, header: str) -> None:
    client = await serve(LOOPBACK)
    assert await status(client, **{header: "203.0.113.9"}) == 401


async def test_pages_without_a_token_are_closed_and_say_what_to_do(serve: Serve) -> None:
    client = await serve(NO_TOKEN)
    for path in ("/", "/executions/x", "/metrics", "/no-such-page"):
        async with client.get(path, headers=PAGE) as response:
            assert response.status == 403
            assert "PENSTOCK_PAGE_TOKEN" in await response.text()
    for headers in ({"Authorization": "Bearer "}, {"Cookie": f"{COOKIE}=9999999999."}):
        assert await status(client, **headers) == 403


async def test_webhooks_and_health_stay_open(serve: Serve, scene: Scene) -> None:
    client = await serve(NO_TOKEN)
    for path in ("/healthz", "/readyz", "/schema/pipeline.json"):
        assert await status(client, path) == 200
    headers = {"X-Signature": signature(b"{}"), "X-Delivery": "1"}
    async with client.post("/webhooks/fake", data=b"{}", headers=headers) as response:
        assert response.status == 202
    # The embedded host sees to its visitors itself.
    assert await status(client, "/git/acme/web.git/info/refs") == 404


async def test_a_visitor_signs_in_once_and_comes_to_where_they_wanted(serve: Serve) -> None:
    client = await serve(ELSEWHERE)
    async with client.get("/?state=failed", headers=PAGE, allow_redirects=False) as response:
        assert response.status == 303
        target = response.headers["Location"]
    async with client.get(target, headers=PAGE) as response:
        assert 'name="next" value="/?state=failed"' in await response.text()
    data = {"token": TOKEN, "next": "/?state=failed"}
    async with client.post("/sign-in", data=data, allow_redirects=False) as response:
        assert response.status == 303
        assert response.headers["Location"] == "/?state=failed"
        cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    assert TOKEN not in cookie.value
    assert await status(client, Cookie=f"{COOKIE}={cookie.value}") == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "ünïcode\udcff".encode("utf-8", "replace").decode()])
async def test_a_wrong_token_is_refused(serve: Serve, token: str) -> None:
    client = await serve(ELSEWHERE)
    async with client.post("/sign-in", data={"token": token, "next": "/"}, headers=PAGE) as response:
        assert response.status == 403
        assert "That is not the token" in await response.text()
        assert COOKIE not in response.cookies
    assert await status(client, Authorization="Bearer " + token.encode("ascii", "replace").decode()) == 401


async def test_where_there_is_no_token_nobody_signs_in_with_none(serve: Serve) -> None:
    client = await serve(NO_TOKEN)
    async with client.post("/sign-in", data={"token": ""}, allow_redirects=False) as response:
        assert (response.status, COOKIE in response.cookies) == (403, False)


async def test_who_has_signed_in_orders_nothing_by_that(serve: Serve) -> None:
    """A web site could have the browser send its cookies along."""
    client = await serve(ELSEWHERE)
    async with client.post("/sign-in", data={"token": TOKEN}, allow_redirects=False) as response:
        cookie = f"{COOKIE}={response.cookies[COOKIE].value}"
    async with client.post("/api/executions/x/stop", json={}, headers={"Cookie": cookie}) as response:
        assert response.status == 401
    async with client.post("/api/executions/x/stop", json={}, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
        assert response.status != 401


async def test_programs_send_the_token_with_each_request(serve: Serve) -> None:
    client = await serve(ELSEWHERE)
    assert await status(client, Authorization=f"Bearer {TOKEN}") == 200
    assert await status(client, Authorization=f"bearer {TOKEN}") == 200
    assert await status(client, Authorization=f"Basic {TOKEN}") == 401
    async with client.get("/") as response:
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_session_ends_in_time_when_changed_and_when_the_token_changes(serve: Serve, scene: Scene) -> None:
    client = await serve(ELSEWHERE)
    async with client.post("/sign-in", data={"token": TOKEN}, allow_redirects=False) as response:
        value = response.cookies[COOKIE].value
    expires, _, proof = value.partition(".")
    for forged in (f"{int(expires) + 1}.{proof}", f"{expires}.{proof[:-1]}x", f"{expires}.", "", ".", f"-1.{proof}"):
        assert await status(client, Cookie=f"{COOKIE}={forged}") == 401, forged
    other = await serve(AccessRules(loopback=False, page_token="another"))
    assert await status(other, Cookie=f"{COOKIE}={value}") == 401
    scene.clock.offset = 31 * 86_400
    assert await status(client, Cookie=f"{COOKIE}={value}") == 401


def test_an_operators_session_lasts_an_hour() -> None:
    app, clock = web.Application(), WoundClock()
    site: Any = SimpleNamespace(access=AccessRules(loopback=True, operator_token=TOKEN), clock=clock)
    app[SITE] = site
    response = web.Response()
    begin(make_mocked_request("POST", "/setup/sign-in", app=app), response)
    headers = {"Cookie": f"{OPERATORS}={response.cookies[OPERATORS].value}"}
    assert session_of(make_mocked_request("GET", "/setup/github", headers=headers, app=app))
    clock.at += LASTS
    assert session_of(make_mocked_request("GET", "/setup/github", headers=headers, app=app)) == ""


async def test_signing_out_drops_the_cookie(serve: Serve) -> None:
    client = await serve(ELSEWHERE)
    async with client.post("/sign-in", data={"token": TOKEN}, allow_redirects=False) as response:
        cookie = f"{COOKIE}={response.cookies[COOKIE].value}"
    async with client.post("/sign-out", headers={"Cookie": cookie}, allow_redirects=False) as response:
        assert response.status == 303
        assert response.cookies[COOKIE].value == ""


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("/executions/1?x=y", "/executions/1?x=y"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_nowhere_else(given: str, target: str) -> None:
    assert local_path(given) == target
