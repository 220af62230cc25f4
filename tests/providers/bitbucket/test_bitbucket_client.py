"""How Bitbucket is asked: what each way of failing becomes, whom the client trusts, and where it never goes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.ports import HostRefused, HostUnavailable
from providers.base.limits import RateLimited
from providers.bitbucket.client import Client, Refused, at
from providers.bitbucket.cloud import payloads
from providers.bitbucket.cloud.api import pages
from tests.providers.bitbucket.conftest import Scene
from tests.world.fake import faults
from tests.world.fake.faults import Fault

Handler = Callable[[web.Request], web.Response]


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.Response:
        return handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(
    api_url: str, token: str = "t0ken", ca_bundle: str = "", patience: float = 10
) -> AsyncIterator[Client]:
    client = Client("Bitbucket", api_url, f"Bearer {token}" if token else "", "PENSTOCK_X", patience, ca_bundle)
    try:
        yield client
    finally:
        await client.close()


def answered(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Fault:
    return Fault("answer", status, body, {"Content-Type": "application/json"} | dict(headers or {}))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.bad_gateway(), "answered 502"),
        (answered(500, "{}"), "answered 500"),
        (answered(503, "", {"Retry-After": "7"}), "answered 503"),
        (faults.garbage(), "could not be understood"),
        (answered(200, "[" * 50_000), "could not be understood"),
        (answered(200, "[]"), "could not be understood"),
        (faults.reset(), "could not be reached"),
        (answered(423, "{}"), "answered 423"),
    ],
    ids=["502", "500", "503", "half an answer", "a deep answer", "another answer", "reset", "locked"],
)
async def test_what_may_be_better_later_is_tried_again(scene: Scene, fault: Fault, words: str) -> None:
    scene.fake.fail_next(fault, "GET", times=2)  # a connection that was kept and is dead by now is tried once more
    with pytest.raises(HostUnavailable, match=words):
        await scene.provider.head(scene.repository, "main")
    scene.fake.recover()
    assert await scene.provider.head(scene.repository, "main") == scene.sha


async def test_it_is_said_when_to_try_again(scene: Scene) -> None:
    scene.fake.fail_next(answered(503, "", {"Retry-After": "7"}))
    with pytest.raises(HostUnavailable) as unavailable:
        await scene.provider.set_status(scene.status())
    assert unavailable.value.retry_after == 7


async def test_a_host_that_does_not_answer_is_not_waited_for_longer(scene: Scene) -> None:
    held = scene.fake.fail_next(faults.held())
    async with asking(scene.fake.api_url, patience=0.2) as client:
        with pytest.raises(HostUnavailable, match="did not answer in time"):
            await client.get("/user" if not scene.fake.data_center else "/users")
    held.release.set()


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "30"}, 30), ({}, 60), ({"Retry-After": "soon"}, 60)])
async def test_while_the_rate_is_limited_nothing_is_sent(scene: Scene, headers: dict[str, str], wait: float) -> None:
    """https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/."""
    scene.fake.fail_next(answered(429, "Rate limit exceeded", headers))
    scene.calls()
    with pytest.raises(RateLimited) as limited:
        await scene.provider.set_status(scene.status())
    assert limited.value.retry_after == wait
    before = len(scene.calls())
    with pytest.raises(RateLimited):
        await scene.provider.head(scene.repository, "main")
    assert (before, scene.calls()) == (1, [])


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_a_token_that_is_none_is_refused_and_not_repeated(scene: Scene, token: str) -> None:
    provider = scene.eyes.provider([], token)
    try:
        with pytest.raises(HostRefused) as refused:
            await provider.head(scene.repository, "main")
    finally:
        await provider.close()
    assert ("PENSTOCK_BITBUCKET" if not token else "401") in str(refused.value)
    assert "wrong" not in str(refused.value)


async def test_a_scope_that_is_missing_is_named(on_cloud: Scene) -> None:
    weak = on_cloud.eyes.provider([], on_cloud.fake.token(on_cloud.fake.bot, ["repository"]))
    try:
        with pytest.raises(Refused, match="it needs pullrequest"):
            await weak.pull_request(on_cloud.repository, 1)
    finally:
        await weak.close()


async def test_calls_share_connections(scene: Scene) -> None:
    peers = set()

    def remember(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({})

    async with serving(remember) as url, asking(url) as client:
        for _ in range(10):
            await client.get("/x")
        await asyncio.gather(*(client.get("/x") for _ in range(30)))
    assert len(peers) <= 8


async def test_a_redirect_is_not_followed() -> None:
    def lead_away(request: web.Request) -> web.Response:
        assert request.path == "/2.0/x"
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with serving(lead_away) as url, asking(f"{url}/2.0") as client:
        with pytest.raises(HostRefused, match="302"):
            await client.get("/x")


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/2.0/x?page=2",
        "http://127.0.0.1:1/2.0/x",
        "{url}/3.0/x",
        "{url}/2.0.evil/x",
        "{url}@evil.example/2.0/x",
        "//evil.example/2.0/x",
        "/2.0/x?page=2",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
async def test_a_next_page_elsewhere_is_not_asked_for(next_page: str) -> None:
    """The token goes with every request, so an answer must not say where."""
    asked = []

    def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"values": [], "next": next_page.format(url=str(request.url.origin()))})

    async with serving(answer) as url, asking(f"{url}/2.0") as client:
        with pytest.raises(HostUnavailable, match="not its own"):
            async for _ in pages(client, payloads.Comments, "/x"):
                pass
    assert asked == ["/2.0/x"]


async def test_pages_without_an_end_end() -> None:
    def answer(request: web.Request) -> web.Response:
        return web.json_response({"values": [], "next": str(request.url)})

    async with serving(answer) as url, asking(f"{url}/2.0") as client:
        with pytest.raises(HostUnavailable, match="do not end"):
            async for _ in pages(client, payloads.Comments, "/x"):
                pass


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_part_of_an_address_cannot_lead_elsewhere(part: str) -> None:
    with pytest.raises(HostRefused):
        at("repositories", part)


def test_parts_of_an_address_are_quoted() -> None:
    assert at("a/b", "{c}", "?d", "é") == "/a%2Fb/%7Bc%7D/%3Fd/%C3%A9"


async def test_the_token_is_never_in_an_error(scene: Scene) -> None:
    for fault in (faults.bad_gateway(), faults.reset(), answered(403, '{"error": {"message": "no"}}')):
        scene.fake.fail_next(fault, times=2)
        with pytest.raises((HostRefused, HostUnavailable)) as error:
            await scene.provider.set_status(scene.status())
        scene.fake.recover()
        assert not any(token in str(error.value) for token in scene.fake.hosted.tokens)


async def test_a_certificate_of_ones_own_authority_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    bundle, context = authority(tmp_path)
    async with serving(lambda _: web.json_response({}), context) as url:
        async with asking(url, ca_bundle=str(bundle)) as client:
            await client.get("/x")
        async with asking(url) as client:
            with pytest.raises(HostUnavailable, match="could not be reached"):
                await client.get("/x")


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that has signed itself, and a server's context with it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle, private = folder / "ca.pem", folder / "key.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(bundle, private)
    return bundle, context
