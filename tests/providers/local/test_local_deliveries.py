"""Webhooks on their way out: signed, in order, tried again until they are taken, across restarts too."""

import asyncio
import json
from uuid import UUID

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.ports import SignatureMissing, SignatureWrong
from providers.local import webhooks
from providers.local.host import deliveries
from tests.providers.local.conftest import WEB, Web
from tests.world.local_host import SECRET
from tests.world.patience import PATIENCE

ON_FIRST = Thread(ThreadKind.PULL_REQUEST, "1")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "FIRST_RETRY", 0.01)


async def a_pull_request(web: Web) -> None:
    await web.ada.commit({"a": "1"})
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", "HEAD:fix")
    await web.settled()


async def say(web: Web, *words: str) -> None:
    for body in words:
        await web.listening.host.comment(WEB, ON_FIRST, body, by="ada")


async def heard(web: Web) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        return [json.loads(body)["comment"]["body"] for _, body in await web.settled()]


async def test_a_delivery_has_an_id_an_event_and_a_true_signature(web: Web) -> None:
    await web.listening.host.ping(WEB)
    await web.listening.host.sender.settled()
    ((headers, body),) = web.listening.receiver.taken
    assert str(UUID(headers["X-Penstock-Delivery"])) == headers["X-Penstock-Delivery"]
    assert headers["X-Penstock-Event"] == "ping"
    webhooks.verify((SECRET,), headers, body)
    with pytest.raises(SignatureWrong):
        webhooks.verify((SECRET + "x",), headers, body)
    anybodys = {**headers, webhooks.SIGNATURE: webhooks.signature("", body)}
    with pytest.raises(SignatureMissing):
        webhooks.verify(("",), anybodys, body)


@pytest.mark.parametrize("status", [500, 503, 401, 404, 302])
async def test_what_is_not_taken_is_sent_again_before_anything_newer(web: Web, status: int) -> None:
    await a_pull_request(web)
    receiver = web.listening.receiver
    receiver.seen.clear()
    receiver.answers = [status, status]
    await say(web, "one", "two", "three")
    assert await heard(web) == ["one", "two", "three"]
    first, again, *_ = receiver.seen
    assert first == again
    assert len(receiver.seen) == 5


async def test_one_repositorys_trouble_does_not_hold_up_another(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "FIRST_RETRY", 3600)
    host, receiver = web.listening.host, web.listening.receiver
    await host.create_repository("acme/other")
    refused = asyncio.Event()
    taken = asyncio.Event()
    count = deliveries._count_attempt

    def note(*arguments: object) -> None:
        count(*arguments)  # type: ignore[arg-type]
        loop.call_soon_threadsafe(refused.set)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(deliveries, "_count_attempt", note)
    receiver.answers = [500]
    receiver.when_taken = taken.set
    await host.ping(WEB)
    async with asyncio.timeout(PATIENCE):
        await refused.wait()
        await host.ping("acme/other")
        await taken.wait()
    assert [json.loads(body)["repository"]["full_name"] for _, body in receiver.taken] == ["acme/other"]


async def test_what_was_not_taken_before_a_restart_is_sent_after_it(web: Web) -> None:
    await a_pull_request(web)
    await web.listening.host.sender.close()
    await say(web, "one", "two")
    await web.listening.__aexit__(None, None, None)
    await web.listening.__aenter__()
    assert await heard(web) == ["one", "two"]


async def test_a_receiver_that_is_not_there_is_tried_again(web: Web) -> None:
    await a_pull_request(web)
    url = web.listening.url
    await web.listening.host.sender.close()
    await web.listening.host.deliver("http://127.0.0.1:9/webhooks/local")
    await say(web, "one")
    await web.listening.host.sender.close()
    await web.listening.host.deliver(f"{url}/webhooks/local")
    assert await heard(web) == ["one"]


async def test_a_comments_edit_is_told_as_such_and_the_bots_own_edits_are_not(web: Web) -> None:
    await a_pull_request(web)
    host = web.listening.host
    theirs = await host.comment(WEB, ON_FIRST, "one", by="ada")
    ours = await host.comment(WEB, ON_FIRST, "status", by="penstock")
    await host.edit_comment(WEB, theirs.id, "two", by="ada")
    await host.edit_comment(WEB, ours.id, "new status", by="penstock")
    kinds = [(json.loads(body)["kind"], json.loads(body)["sender"]["login"]) for _, body in await web.settled()]
    assert kinds == [("created", "ada"), ("created", "penstock"), ("edited", "ada")]
