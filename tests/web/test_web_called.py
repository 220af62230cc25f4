"""Whose address a call comes from: a proxy's word counts only where the settings trust it; and how much of one is read."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.runtime.webhooks import LONGEST
from bot.web.called import _body, peer_of
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


@pytest.mark.parametrize(("more", "taken"), [(0, True), (1, False)])
async def test_a_call_that_does_not_say_how_long_it_is_is_read_so_far_and_no_further(more: int, taken: bool) -> None:
    read: list[int] = []

    async def parts() -> AsyncIterator[bytes]:
        for size in (LONGEST, *([1] * more), *([LONGEST] * 5 if more else [])):
            read.append(size)
            yield b"x" * size

    request: Any = SimpleNamespace(content_length=None, content=SimpleNamespace(iter_any=parts))
    assert (await _body(request) is not None) is taken
    assert sum(read) == LONGEST + more
