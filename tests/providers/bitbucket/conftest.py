"""A fake Bitbucket with one repository, Cloud's or Data Center's, and the provider that speaks to it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Person
from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from tests.world.bitbucket import nouns
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.bitbucket.under_test import Eyes


@dataclass
class Scene:
    """`web` is the repository on the host, `repository` the same as the bot knows it; `sha` is its head."""

    fake: FakeBitbucket
    eyes: Eyes
    provider: BitbucketCloudProvider | BitbucketDataCenterProvider
    web: nouns.Repository
    repository: Repository
    sha: str
    ada: nouns.Account

    def status(
        self,
        description: str = "1 of 3",
        context: str = "penstock/web",
        state: StatusState = StatusState.RUNNING,
        branch: str = "",
    ) -> CommitStatus:
        url = "https://ci.acme.example/executions/1"
        return CommitStatus(self.repository, self.sha, context, state, description, url, branch=branch)

    def person(self, account: nouns.Account) -> Person:
        return self.eyes.person(account)

    async def pull_request(self, branch: str = "fix") -> Thread:
        await self.fake.push(self.web, branch, {"a": "1"}, "Fix", by=self.ada)
        pull = await self.fake.open_pull_request(self.web, branch, self.ada, "Fix")
        return Thread(ThreadKind.PULL_REQUEST, str(pull.number))

    def calls(self) -> list[str]:
        """What the API was asked since last asked, as "METHOD path", the repository's own part and queries left out."""
        own = [f"/2.0/repositories/%7B%7D/{self.web.uuid.replace('{', '%7B').replace('}', '%7D')}"]
        own += [f"{stem}/projects/{self.web.full_name.replace('/', '/repos/')}" for stem in ("/rest/api/1.0",)]
        asked = [f"{call.method} {call.path.partition('?')[0]}" for call in self.fake.requests]
        self.fake.requests.clear()
        for stem in own:
            asked = [line.replace(stem, "") for line in asked]
        return asked


async def _scene(folder: Path, make: Callable[[Path], FakeBitbucket], name: str) -> AsyncIterator[Scene]:
    async with make(folder) as fake:
        ada, web = fake.user("ada"), await fake.repository("acme/web")
        fake.grant(web, ada, "write")
        sha = await fake.push(web, "main", {"README": "hello"}, "Say hello", by=ada)
        eyes = Eyes(fake, name)
        provider = eyes.provider([fake.hooks.secret], fake.token(fake.bot))
        scene = Scene(fake, eyes, provider, web, eyes.repository(web), sha, ada)
        try:
            yield scene
        finally:
            await scene.provider.close()


@pytest.fixture
async def on_cloud(tmp_path: Path) -> AsyncIterator[Scene]:
    async for scene in _scene(tmp_path, cloud, "bitbucket"):
        yield scene


@pytest.fixture
async def on_data_center(tmp_path: Path) -> AsyncIterator[Scene]:
    async for scene in _scene(tmp_path, data_center, "bitbucket-dc"):
        yield scene


@pytest.fixture(params=["cloud", "data center"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    make, name = (cloud, "bitbucket") if request.param == "cloud" else (data_center, "bitbucket-dc")
    async for made in _scene(tmp_path, make, name):
        yield made
