"""The front door says 202 to plain deliveries; to everything else it makes no difference."""

import asyncio
import os
import random
import re
import socket
from collections.abc import Sequence

import pytest
from aiohttp import web

from bot.model.delivery import Delivery
from bot.model.host_secret import HostSecret
from bot.web.door import FrontDoor
from bot.web.hooks import HOOKS, LARGE
from tests.web.conftest import Client, FrontDoorServer, Serve
from tests.web.parts import signature
from tests.web.scene import Scene
from tests.world.patience import PATIENCE

BODY = b'{"a": 1}'
ANSWER = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")


def server_of(client: Client) -> FrontDoorServer:
    assert isinstance(client.server, FrontDoorServer)
    return client.server


def taken_by_aiohttp(client: Client) -> int:
    runner = server_of(client).runner
    assert runner is not None
    assert runner.server is not None
    return runner.server.requests_count


def post(
    name: str = "d-1", body: bytes = BODY, signed: str = "", more: str = "", path: str = "/webhooks/fake"
) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Delivery: {name}\r\nX-Signature: {signed or signature(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


async def statuses(port: int | None, pieces: Sequence[bytes], answers: int = 1) -> list[int]:
    """What is answered to these bytes, on one connection: so many answers, or fewer when it is closed before."""
    assert port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        got = b""
        async with asyncio.timeout(PATIENCE):
            while len(found := ANSWER.findall(got)) < answers and (some := await reader.read(65536)):
                got += some
        return [int(status) for status in found]
    finally:
        writer.close()


async def test_a_plain_delivery_never_reaches_aiohttp(client: Client, scene: Scene) -> None:
    assert await statuses(client.port, [post()]) == [202]
    assert [(each.id, each.body) for each in scene.deliveries] == [("d-1", BODY)]
    assert taken_by_aiohttp(client) == 0


async def test_a_delivery_may_come_in_any_pieces(client: Client, scene: Scene) -> None:
    whole = post("d-1") + post("d-2", b"x" * 70_000) + post("d-3", b"")
    chance = random.Random(1)
    for turn in range(20):
        scene.deliveries.clear()
        cuts = sorted(chance.sample(range(1, len(whole)), turn))
        pieces = [whole[first:last] for first, last in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
        assert await statuses(client.port, pieces, 3) == [202, 202, 202]
        assert [(each.id, len(each.body)) for each in scene.deliveries] == [("d-1", 8), ("d-2", 70_000), ("d-3", 0)]


async def test_a_body_may_follow_its_head(client: Client, scene: Scene) -> None:
    whole = post(body=b"x" * 200_000)
    assert await statuses(client.port, [whole[:400], whole[400:100_000], whole[100_000:]]) == [202]
    assert [len(each.body) for each in scene.deliveries] == [200_000]
    assert taken_by_aiohttp(client) == 0


async def test_what_the_door_gives_away_is_answered_on_the_same_connection_and_so_is_what_follows(
    client: Client, scene: Scene
) -> None:
    wrong = post("d-2", signed="0" * 64)
    assert await statuses(client.port, [post("d-1"), wrong, post("d-1"), post("d-3")], 4) == [202, 403, 200, 202]
    assert [each.id for each in scene.deliveries] == ["d-1", "d-3"]


LONG = "X-Long: " + "x" * 9000 + "\r\n"

ODD = {
    "page": b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n",
    "wrong signature": post(signed="0" * 64),
    "signature of another body": post(signed=signature(b"other")),
    "no such hook": post(path="/webhooks/other"),
    "query": post(path="/webhooks/fake?x=1"),
    "path below": post(path="/webhooks/fake/x"),
    "escaped path": post(path="/webhooks/%66ake"),
    "compressed": post(more="Content-Encoding: gzip\r\n"),
    "closing": post(more="Connection: close\r\n"),
    "chunked": post(body=b"8\r\n" + BODY + b"\r\n0\r\n\r\n", signed=signature(BODY)).replace(
        b"Content-Length: 23", b"Transfer-Encoding: chunked"
    ),
    "chunked with a length": post(more="Transfer-Encoding: chunked\r\n"),
    "two lengths": post(more="Content-Length: 8\r\n"),
    "two different lengths": post(more="Content-Length: 9\r\n"),
    "length with a sign": post().replace(b"Length: 8", b"Length: +8"),
    "length of letters": post().replace(b"Length: 8", b"Length: eight"),
    "no length": post().replace(b"Content-Length: 8\r\n", b""),
    "older HTTP": post().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "newer HTTP": post().replace(b"HTTP/1.1", b"HTTP/3.1"),
    "lower-case names": post().replace(b"X-Signature", b"x-signature").replace(b"Content-Length", b"content-length"),
    "no space after the colon": post().replace(b"X-Signature: ", b"X-Signature:"),
    "space before the colon": post().replace(b"X-Signature:", b"X-Signature :"),
    "folded line": post(more="X-Folded: a\r\n b\r\n"),
    "bare line feeds": post().replace(b"\r\n", b"\n"),
    "control character": post(more="X-Bell: \a\r\n"),
    "letters beyond ASCII": post(more="X-Name: Ünal\r\n"),
    "long field": post(more=LONG),
    "long path": post(path="/webhooks/" + "x" * 9000),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "announced too large": post().replace(b"Length: 8", b"Length: 30000000"),
}


@pytest.mark.parametrize("request_bytes", ODD.values(), ids=ODD.keys())
async def test_everything_else_is_answered_as_if_there_were_no_door(
    client: Client, scene: Scene, request_bytes: bytes
) -> None:
    past = await statuses(server_of(client).past_the_door, [request_bytes])
    kept = [each.body for each in scene.deliveries]
    scene.deliveries.clear()
    assert await statuses(client.port, [request_bytes]) == past
    assert [each.body for each in scene.deliveries] == kept


async def test_no_broken_request_is_taken_by_the_door_that_aiohttp_refuses(client: Client, scene: Scene) -> None:
    """One byte of the head changed, left out or doubled: what the door accepts is what aiohttp accepts."""
    whole = post()
    chance = random.Random(2)
    different = 0
    for _ in range(150):
        at = chance.randrange(whole.index(b"\r\n\r\n"))
        byte = bytes([chance.choice(b"\r\n :0A-\x00\x7f\xff")])
        broken = whole[:at] + chance.choice([byte, b"", whole[at : at + 1] + byte]) + whole[at + 1 :] + b"\r\n\r\n"
        scene.deliveries.clear()
        before = taken_by_aiohttp(client)
        if await statuses(client.port, [broken]) == [202] and taken_by_aiohttp(client) == before:
            scene.deliveries.clear()
            assert await statuses(server_of(client).past_the_door, [broken]) == [202], broken
            different += 1
    assert different > 10  # some changes do no harm: in the name of a header that nobody reads


class ManySecrets:
    """Those of a thousand repositories."""

    def of(self, _provider: str) -> Sequence[HostSecret]:
        return [HostSecret("s", f"#{number}") for number in range(1023)]

    async def refresh(self) -> bool:
        return False


async def test_what_is_tried_with_many_secrets_is_beyond_the_doors_size_sooner(serve: Serve, scene: Scene) -> None:
    """However many repositories have secrets of their own, a forged delivery holds up the loop no longer."""
    client = await serve(host_secrets=ManySecrets())
    body, before = b"x" * (LARGE // 1024), taken_by_aiohttp(client)
    assert await statuses(client.port, [post(body=body)]) == [202]
    assert taken_by_aiohttp(client) == before
    assert await statuses(client.port, [post("d-2", body=body + b"x")]) == [202]
    assert taken_by_aiohttp(client) == before + 1
    assert [len(each.body) for each in scene.deliveries] == [len(body), len(body) + 1]


async def test_a_body_beyond_the_doors_size_is_taken_all_the_same(client: Client, scene: Scene) -> None:
    body = b"x" * (LARGE + 1)
    assert await statuses(client.port, [post(body=body)]) == [202]
    assert [len(each.body) for each in scene.deliveries] == [LARGE + 1]


class SlowStore(Scene):
    """An inbox that keeps a delivery when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()
        self.go_on = asyncio.Event()

    async def accept(self, delivery: Delivery) -> bool:
        self.came.set()
        await self.go_on.wait()
        return await super().accept(delivery)


async def test_leaving_waits_for_what_is_being_kept_and_lets_go_of_the_others(serve: Serve) -> None:
    slow = SlowStore()
    client = await serve(site=slow.site())
    assert client.port is not None
    idle, idle_writer = await asyncio.open_connection("127.0.0.1", client.port)
    asked = asyncio.create_task(statuses(client.port, [post()]))
    await slow.came.wait()
    leaving = asyncio.create_task(server_of(client).door.leave())
    assert await idle.read() == b""
    assert not leaving.done()
    slow.go_on.set()
    await leaving
    assert await asked == [202]
    idle_writer.close()


async def test_a_sender_who_has_gone_takes_nothing_back(serve: Serve) -> None:
    slow = SlowStore()
    client = await serve(site=slow.site())
    assert client.port is not None
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(post())
    await slow.came.wait()
    writer.close()
    slow.go_on.set()
    assert await statuses(client.port, [post()]) == [200]
    assert len(slow.deliveries) == 1


async def test_a_stopped_door_lets_nobody_in_by_a_copy_of_its_socket() -> None:
    """A program that is just being started has one, until it has become itself: on a busy machine for a while."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port, copy = listener.getsockname()[1], os.dup(listener.fileno())
    runner = web.AppRunner(web.Application())
    runner.app[HOOKS] = {}
    await runner.setup()
    door = FrontDoor(runner, listener, 128)
    await door.start()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await door.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await door.leave()
    await runner.cleanup()
    os.close(copy)
