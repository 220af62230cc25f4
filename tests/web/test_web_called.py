"""Whose address a call comes from: a proxy's word counts only where the settings trust it."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.web.called import peer_of
from bot.web.site import SITE, AccessRules


def seen(proxies: tuple[str, ...], forwarded: str) -> str:
    app = web.Application()
    site: Any = SimpleNamespace(access=AccessRules(loopback=True, proxies=proxies))
    app[SITE] = site
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("POST", "/", headers=headers, app=app)
    return peer_of(request.clone(remote="10.0.0.1"))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        ((), "", "10.0.0.1"),
        ((), "203.0.113.9", "10.0.0.1"),
        (("10.0.0.0/8",), "", "10.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/8",), "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (("10.0.0.0/8",), "1.1.1.1, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
        (("192.0.2.1",), "203.0.113.9", "10.0.0.1"),
        (("10.0.0.0/8",), "made up", "made up"),
    ],
)
def test_the_nearest_that_no_trusted_proxy_is(proxies: tuple[str, ...], forwarded: str, expected: str) -> None:
    assert seen(proxies, forwarded) == expected
