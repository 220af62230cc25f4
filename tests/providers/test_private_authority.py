"""TLS to a host with a certificate of one's own authority: refused unless that authority is trusted by setting, by the API's client and by Git."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import HostUnavailable, Provider
from bot.sources.sources import MirrorSources
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.gitlab.provider import GitLabProvider
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.fake.tls import Secured, behind_tls
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.server import FakeGitLab
from tests.world.gitlab.under_test import SystemClock


@dataclass
class Host:
    """`make` makes a provider that trusts the authority in that file ("": the usual ones); `asked` counts requests that arrived."""

    secured: Secured
    repository: Repository
    commit: str
    make: Callable[[str], Provider]
    asked: Callable[[], int]


async def _github(folder: Path, stack: AsyncExitStack) -> Host:
    fake = await stack.enter_async_context(FakeGitHub(folder / "host"))
    gate = await stack.enter_async_context(behind_tls(fake.url, folder))
    web = await fake.repository("acme/web")
    commit = await fake.push(web, "main", {"README": "hello"}, "Say hello", by=fake.user("ada"))
    token, api = fake.token(fake.bot), f"{gate.url}/api/v3"
    known = Repository("github", str(web.id), web.full_name)
    return Host(gate, known, commit, lambda ca: GitHubProvider(gate.url, api, (), token, ca_bundle=ca), _count(fake))


async def _gitlab(folder: Path, stack: AsyncExitStack) -> Host:
    fake = await stack.enter_async_context(FakeGitLab(folder / "host"))
    gate = await stack.enter_async_context(behind_tls(fake.url, folder))
    web = await fake.project("acme/web")
    commit = await fake.push(web, "main", {"README": "hello"}, "Say hello", by=fake.user("ada"))
    token, known = fake.token(fake.bot), Repository("gitlab", str(web.id), web.path)

    def make(ca: str) -> Provider:
        return GitLabProvider(gate.url, SystemClock(), token=token, ca_bundle=ca)

    return Host(gate, known, commit, make, _count(fake))


async def _cloud(folder: Path, stack: AsyncExitStack) -> Host:
    fake, gate, token = await _bitbucket(cloud(folder / "host"), folder, stack)
    web = await fake.repository("acme/web")
    commit = await fake.push(web, "main", {"README": "hello"}, "Say hello", by=fake.user("ada"))
    known, api = Repository("bitbucket", web.uuid, web.full_name), f"{gate.url}/2.0"
    return Host(
        gate, known, commit, lambda ca: BitbucketCloudProvider(gate.url, api, (), token, ca_bundle=ca), _count(fake)
    )


async def _data_center(folder: Path, stack: AsyncExitStack) -> Host:
    fake, gate, token = await _bitbucket(data_center(folder / "host"), folder, stack)
    web = await fake.repository("acme/web")
    commit = await fake.push(web, "main", {"README": "hello"}, "Say hello", by=fake.user("ada"))
    known = Repository("bitbucket-dc", str(web.id), web.full_name)
    return Host(
        gate, known, commit, lambda ca: BitbucketDataCenterProvider(gate.url, (), token, ca_bundle=ca), _count(fake)
    )


async def _bitbucket(made: FakeBitbucket, folder: Path, stack: AsyncExitStack) -> tuple[FakeBitbucket, Secured, str]:
    fake = await stack.enter_async_context(made)
    gate = await stack.enter_async_context(behind_tls(fake.url, folder))
    return fake, gate, fake.token(fake.bot)


def _count(fake: FakeGitHub | FakeGitLab | FakeBitbucket) -> Callable[[], int]:
    return lambda: len(fake.requests)


HOSTS: dict[str, Callable[[Path, AsyncExitStack], Awaitable[Host]]] = {
    "github": _github,
    "gitlab": _gitlab,
    "bitbucket": _cloud,
    "bitbucket-dc": _data_center,
}


@pytest.fixture(params=HOSTS)
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Host]:
    async with AsyncExitStack() as stack:
        yield await HOSTS[request.param](tmp_path, stack)


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_a_trusted_one_is_taken(host: Host) -> None:
    strict, trusting = host.make(""), host.make(str(host.secured.authority))
    with pytest.raises(HostUnavailable):
        await strict.head(host.repository, "main")
    assert host.asked() == 0, "the token was not sent"
    assert await trusting.head(host.repository, "main") == host.commit
    await strict.close()
    await trusting.close()


async def test_git_trusts_whom_the_setting_names(host: Host, tmp_path: Path) -> None:
    provider = host.make("")
    for name, environment in (("strict", {}), ("trusting", {"GIT_SSL_CAINFO": str(host.secured.authority)})):
        sources = MirrorSources(tmp_path / name, provider.remote, environment={"PATH": "/usr/bin:/bin", **environment})
        if environment:
            await sources.fetch(host.repository, [host.commit], Checkout())
        else:
            with pytest.raises(HostUnavailable):
                await sources.fetch(host.repository, [host.commit], Checkout())
        await sources.close()
    await provider.close()
