"""Deliveries: what is taken, what is refused and how, and that nothing large is held."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from bot.model.delivery import GOOD_FOR, Delivery
from bot.ports import StoreUnavailable
from bot.web.hooks import BODY_LIMIT, LARGE
from tests.web.conftest import Client, Serve
from tests.web.parts import signature
from tests.web.scene import Scene
from tests.world.patience import PATIENCE

PATH = "/webhooks/fake"


def signed(body: bytes, **headers: str) -> dict[str, str]:
    return {"X-Signature": signature(body), "X-Delivery": "d-1", **headers}


async def test_a_delivery_is_accepted_once_it_is_kept_and_repeated_ones_do_nothing(
    client: Client, scene: Scene
) -> None:
    body = b'{"a": 1}'
    for status in (202, 200, 200):
        async with client.post(PATH, data=body, headers=signed(body)) as response:
            assert response.status == status
    assert [(d.id, d.body) for d in scene.deliveries] == [("d-1", body)]


@pytest.mark.parametrize("size", [2, LARGE + 1])
async def test_whose_secret_has_signed_goes_with_a_delivery(
    client: Client, scene: Scene, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """What a repository's own secret has signed speaks for no other: whoever reads the delivery has to know."""
    monkeypatch.setattr(scene.host, "verify", lambda _headers, _body: "#7")
    body = b"x" * size
    async with client.post(PATH, data=io.BytesIO(body), headers=signed(body)) as response:
        assert response.status == 202
    [delivery] = scene.deliveries
    assert delivery.headers == {GOOD_FOR: "#7"}


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"X-Delivery": "d"}, 401, "no signature"),
        ({"X-Delivery": "d", "X-Signature": "0" * 64}, 403, "not ours"),
        ({"X-Signature": signature(b"body")}, 400, "X-Delivery"),
        (signed(b"body", **{"Content-Encoding": "gzip"}), 400, "uncompressed"),
    ],
    ids=["unsigned", "wrongly signed", "no id", "compressed"],
)
async def test_what_is_no_delivery_is_refused_in_words(
    client: Client, scene: Scene, headers: dict[str, str], status: int, words: str
) -> None:
    async with client.post(PATH, data=b"body", headers=headers) as response:
        assert response.status == status
        assert words in await response.text()
    assert scene.deliveries == []


async def test_other_paths_and_methods_are_told_apart(client: Client) -> None:
    for method, path, status in (("GET", PATH, 405), ("PUT", PATH, 405), ("POST", "/webhooks/other", 404)):
        async with client.request(method, path) as response:
            assert response.status == status
            assert response.content_type == "text/plain"


async def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(client: Client, scene: Scene) -> None:
    largest = b"x" * BODY_LIMIT
    async with client.post(PATH, data=io.BytesIO(largest), headers=signed(largest)) as response:
        assert response.status == 202
    async with client.post(PATH, data=io.BytesIO(largest + b"x"), headers=signed(largest + b"x")) as response:
        assert response.status == 413
    assert len(scene.deliveries) == 1


@pytest.mark.parametrize("asks", [b"", b"Expect: 100-continue\r\n"], ids=["sends", "asks first"])
async def test_a_body_that_announces_too_much_is_refused_before_any_of_it_is_sent(client: Client, asks: bytes) -> None:
    assert client.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: 30000000\r\n\r\n" % (PATH.encode(), asks))
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b"100 Continue" not in answer


async def test_a_sender_who_asks_first_is_told_to_go_on(client: Client, scene: Scene) -> None:
    body = b"{}"
    async with client.post(PATH, data=body, headers=signed(body), expect100=True) as response:
        assert response.status == 202
    assert len(scene.deliveries) == 1


async def test_an_endless_body_is_cut_off_while_it_is_read(client: Client) -> None:
    """No length announced: what comes is counted."""
    sent = 0
    answered = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 4 * BODY_LIMIT and not answered.is_set():
            yield b"x" * 65536
            sent += 65536

    async with client.post(PATH, data=endless(), headers=signed(b"")) as response:
        answered.set()
        assert response.status == 413
    assert sent < 4 * BODY_LIMIT


async def test_a_body_in_pieces_is_put_together(client: Client, scene: Scene) -> None:
    body = bytes(range(256)) * 2000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 999):
            yield body[start : start + 999]

    async with client.post(PATH, data=pieces(), headers=signed(body)) as response:
        assert response.status == 202
    assert scene.deliveries[0].body == body


class FullStore(Scene):
    """An inbox whose store has no room."""

    async def accept(self, delivery: Delivery) -> bool:
        raise StoreUnavailable("the disk is full")


async def test_a_delivery_that_can_not_be_kept_is_asked_for_again(serve: Serve) -> None:
    client = await serve(site=FullStore().site())
    async with client.post(PATH, data=b"{}", headers=signed(b"{}")) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]
        assert "disk" not in await response.text()


class BrokenStore(Scene):
    """An inbox with a bug."""

    async def accept(self, delivery: Delivery) -> bool:
        raise ZeroDivisionError("secret detail")


async def test_our_own_faults_are_not_explained_to_senders(serve: Serve) -> None:
    client = await serve(site=BrokenStore().site())
    async with client.post(PATH, data=b"{}", headers=signed(b"{}")) as response:
        assert response.status == 500
        text = await response.text()
    assert "reference" in text
    assert "secret detail" not in text


async def test_deliveries_are_counted_by_what_became_of_them(client: Client) -> None:
    for headers in (signed(b"{}"), signed(b"{}"), {}):
        async with client.post(PATH, data=b"{}", headers=headers):
            pass
    async with client.get("/metrics") as response:
        text = await response.text()
    for result in ("accepted", "repeated", "unsigned"):
        assert f'penstock_deliveries_total{{provider="fake",result="{result}"}} 1.0' in text
