"""TLS to a GitLab with a certificate of one's own authority: refused unless that authority is trusted by setting."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import HostUnavailable
from bot.sources.sources import MirrorSources
from providers.gitlab.provider import GitLabProvider
from tests.world.gitlab.server import FakeGitLab
from tests.world.gitlab.under_test import SystemClock


@dataclass
class Secured:
    """A GitLab behind TLS; `authority` is the file of who vouches for it."""

    gitlab: FakeGitLab
    url: str
    authority: Path


def certified(folder: Path) -> ssl.SSLContext:
    """A certificate for this machine, which vouches for itself; `ca.pem` is what to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gitlab.example.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Secured]:
    """The fake behind a gate that speaks TLS."""
    async with FakeGitLab(tmp_path / "gitlab") as gitlab:
        port = int(gitlab.url.rpartition(":")[2])

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

        gate = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=certified(tmp_path))
        async with gate:
            yield Secured(gitlab, f"https://127.0.0.1:{gate.sockets[0].getsockname()[1]}", tmp_path / "ca.pem")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_a_trusted_one_is_taken(secured: Secured) -> None:
    token = secured.gitlab.token(secured.gitlab.bot)
    strict = GitLabProvider(secured.url, SystemClock(), token=token)
    with pytest.raises(HostUnavailable, match="SSLError"):
        await strict.token()
    await strict.close()
    assert not secured.gitlab.requests, "the token was not sent"
    trusting = GitLabProvider(secured.url, SystemClock(), token=token, ca_bundle=str(secured.authority))
    assert (await trusting.token()).login == secured.gitlab.bot.username
    await trusting.close()


async def test_git_trusts_whom_the_setting_names(secured: Secured, tmp_path: Path) -> None:
    web = await secured.gitlab.project("acme/web")
    sha = await secured.gitlab.push(web, "main", {"README": "hello"}, "Say hello", by=secured.gitlab.user("ada"))
    repository = Repository("gitlab", str(web.id), web.path)
    provider = GitLabProvider(secured.url, SystemClock(), token=secured.gitlab.token(secured.gitlab.bot))
    for name, environment in (("strict", {}), ("trusting", {"GIT_SSL_CAINFO": str(secured.authority)})):
        sources = MirrorSources(tmp_path / name, provider.remote, environment={"PATH": "/usr/bin:/bin", **environment})
        if environment:
            await sources.fetch(repository, [sha], Checkout())
        else:
            with pytest.raises(HostUnavailable):
                await sources.fetch(repository, [sha], Checkout())
        await sources.close()
    await provider.close()
