"""`penstock connect` on each big host: the webhook is made, repaired, never doubled; what the host then delivers is taken by a bot that runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli.server import Server
from bot.security.kept import WEBHOOK
from bot.settings import load
from bot.stores.sql import SqlStore
from providers.github.sign_in import EVENTS, NEEDED
from tests.cli.conftest import Typed
from tests.cli.shell import Ended
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.fake.deliveries import Deliveries, RegisteredHook, SentDelivery
from tests.world.fake.faults import Fault, bad_gateway, lost, reset
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.nouns import MAINTAINER
from tests.world.gitlab.server import FakeGitLab

pytestmark = pytest.mark.usefixtures("hushed")

Settings = dict[str, str]


@dataclass
class Connected:
    """A host with two repositories of which the bot may make webhooks, and what the settings say of it. `path` is a page's."""

    fake: Any
    web: Any
    api: Any
    path: str
    settings: Settings

    @property
    def hooks(self) -> list[RegisteredHook]:
        """Those of the first repository."""
        return [hook for key, mine in self.fake.hooks.registered.items() if key in self.keys for hook in mine.values()]

    @property
    def keys(self) -> tuple[str, ...]:
        return (str(self.web.id), getattr(self.web, "uuid", ""))

    async def push(self) -> SentDelivery:
        before = len(self.hooks[0].sent)
        await self.fake.push(self.web, "main", {"README": "hello"}, "Begin", by=self.fake.user("ada"))
        [told] = self.hooks[0].sent[before:]
        return told


@asynccontextmanager
async def github(folder: Path) -> AsyncIterator[Connected]:
    async with FakeGitHub(folder) as fake:
        web, api = await fake.repository("acme/web"), await fake.repository("acme/api")
        for one in (web, api):
            fake.grant(one, fake.bot, "admin")
        settings = {"GITHUB_URL": fake.url, "GITHUB_API_URL": fake.api_url, "GITHUB_TOKEN": fake.token(fake.bot)}
        yield Connected(fake, web, api, f"{fake.url}/acme/web/pull/3", settings)


@asynccontextmanager
async def gitlab(folder: Path, *, signs: bool = True) -> AsyncIterator[Connected]:
    async with FakeGitLab(folder) as fake:
        fake.api.signs = signs
        web, api = await fake.project("acme/tools/web"), await fake.project("acme/tools/api")
        fake.grant(web, fake.user("project_7_bot", bot=True), MAINTAINER)
        settings = {"GITLAB_URL": fake.url, "GITLAB_TOKEN": fake.token(fake.bot)}
        yield Connected(fake, web, api, f"{fake.url}/acme/tools/web/-/merge_requests/3", settings)


def old_gitlab(folder: Path) -> Any:
    return gitlab(folder, signs=False)


@asynccontextmanager
async def bitbucket(
    folder: Path, make: Callable[[Path], FakeBitbucket] = cloud, prefix: str = "BITBUCKET"
) -> AsyncIterator[Connected]:
    async with make(folder) as fake:
        web, api = await fake.repository("acme/web"), await fake.repository("acme/api")
        settings = {f"{prefix}_URL": fake.url, f"{prefix}_TOKEN": fake.token(fake.bot)}
        settings |= {} if fake.data_center else {"BITBUCKET_API_URL": fake.api_url}
        path = "projects/ACME/repos/web/browse" if fake.data_center else "acme/web/src/main/"
        yield Connected(fake, web, api, f"{fake.url}/{path}", settings)


def bitbucket_data_center(folder: Path) -> Any:
    return bitbucket(folder, data_center, "BITBUCKET_DC")


UNTESTED = (bitbucket, bitbucket_data_center)
"""Neither delivers a test that says anything: Cloud has none, and Data Center does not sign its own."""

HOSTS = [github, gitlab, old_gitlab, bitbucket, bitbucket_data_center]
Say = Callable[..., Any]


@pytest.fixture
def say(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Type a command beside the loop in which hosts and bot run, with these settings."""

    async def say(*words: str, settings: Mapping[str, str]) -> Ended:
        for name, value in settings.items():
            monkeypatch.setenv(f"PENSTOCK_{name}", value)
        return await asyncio.to_thread(typed, *words)

    return say


@pytest.mark.parametrize("host", HOSTS)
async def test_a_repository_is_connected_repaired_and_let_go(host: Any, say: Say, tmp_path: Path) -> None:
    async with host(tmp_path / "host") as it, running(it) as url:
        settings = it.settings | {"PUBLIC_URL": url}
        first = await say("connect", it.path, "--json", settings=settings)
        assert first.status == 0, first.out + first.err
        told = json.loads(first.out)
        [hook] = it.hooks
        assert told["made"] is True
        assert told["delivered"] is (None if host in UNTESTED else True), told
        assert hook.url == f"{url}/webhooks/{told['provider']}"
        assert (await it.push()).answer == 202
        # Somebody spoils it. No second one is made, and what was signed with the secret before still counts.
        was, old = hook.secret, hook.sent[-1]
        hook.events, hook.active = frozenset(sorted(hook.events)[:1]), host is old_gitlab
        ill = json.loads((await say("doctor", "--json", settings=settings)).out)
        [finding] = [each for each in ill if "not as it should be" in each["what"]]
        assert f"penstock connect {it.fake.url}" in finding["remedy"]
        again = json.loads((await say("connect", it.path, "--json", settings=settings)).out)
        assert again.get("made") is False, again
        assert "it does not tell of" in "; ".join(again["repaired"])
        assert it.hooks == [hook]
        assert (len(hook.events) > 1, hook.secret != was or host is old_gitlab) == (True, True)
        assert (await Deliveries.redeliver(it.fake.hooks, old)).answer == 200, (
            "known, and signed with what is about to end"
        )
        assert (await it.push()).answer == 202
        assert await secrets_that_end() == [False, True], "the one before counts no longer than it must"
        well = (await say("doctor", settings=settings)).out
        assert "has its webhook" in well, well
        assert ("and the last delivery was taken" in well) is (host is not bitbucket), "Bitbucket Cloud does not tell"
        gone = await say("disconnect", it.path, settings=settings)
        assert (gone.status, it.hooks) == (0, [])
        assert "Removed the webhook of" in gone.out


async def secrets_that_end() -> list[bool]:
    store = await SqlStore.open(load().database, upgrade=False)
    try:
        return sorted(one.ends > 0 for one in await store.kept_secrets() if one.kind == WEBHOOK)
    finally:
        await store.close()


@asynccontextmanager
async def running(it: Connected) -> AsyncIterator[str]:
    async with serving(it) as server:
        yield server.url


@asynccontextmanager
async def serving(it: Connected) -> AsyncIterator[Server]:
    settings = {name.lower(): value for name, value in it.settings.items()}
    async with Server(load(port=0, grace_period=1, **settings)) as server:
        yield server


@pytest.mark.parametrize("fault", [lost, reset, bad_gateway])
async def test_a_connection_that_breaks_off_is_carried_on_by_the_next_call(
    fault: Callable[[], Fault], say: Say, tmp_path: Path
) -> None:
    """Whatever GitHub has done of it, and whatever of that the bot was told: one webhook, and what it signs counts."""
    async with github(tmp_path / "host") as it, running(it) as url:
        settings = it.settings | {"PUBLIC_URL": url}
        it.fake.fail_next(fault(), "POST", "/hooks")
        broken = await say("connect", it.path, settings=settings)
        assert (broken.status, "Try again" in broken.out) == (1, True)
        if it.hooks:  # the webhook was made, and nobody has said so: it counts all the same
            assert (await it.push()).answer == 202
        assert (await say("connect", it.path, settings=settings)).status == 0
        assert len(it.hooks) == 1
        assert (await it.push()).answer == 202


async def test_the_secret_of_one_repository_does_not_speak_for_another(say: Say, tmp_path: Path) -> None:
    async with github(tmp_path / "host") as it, serving(it) as server:
        await say("connect", it.path, settings=it.settings | {"PUBLIC_URL": server.url})
        [hook] = it.hooks
        it.fake.hooks.registered[str(it.api.id)] = {
            hook.id: hook
        }  # what happens there is signed with the secret of the other
        pushed = {}
        for one in (it.api, it.web):
            pushed[one] = await it.fake.push(one, "main", {".pipeline.yml": PIPELINE}, "Begin", by=it.fake.user("ada"))
            assert hook.sent[-1].answer == 202, "what it tells is read later"
        await server.composed.bot.settled()
        assert [bool(it.fake.statuses(one, pushed[one])) for one in (it.api, it.web)] == [False, True]


PIPELINE = "name: web\nstages: [{name: build, actions: [{name: unit, run: 'true'}]}]\n"


async def test_every_failure_names_its_remedy(say: Say, tmp_path: Path) -> None:
    async with github(tmp_path / "host") as it:
        settings = it.settings | {"PUBLIC_URL": "http://127.0.0.1:1"}
        nobody = await say("connect", it.path, settings=settings)
        assert nobody.status == 1
        assert "could not deliver a test" in nobody.out
        assert "penstock serve" in nobody.out
        poor = it.fake.token(it.fake.bot, ["metadata=read"])
        weak = await say("connect", it.path, settings=settings | {"GITHUB_TOKEN": poor})
        assert weak.status == 1
        assert "Webhooks: read and write" in weak.out
        absent = await say("connect", f"{it.fake.url}/acme/nothing", settings=settings)
        assert (absent.status, "shows no acme/nothing" in absent.out) == (1, True)
        stranger = await say("connect", "https://git.example.org/acme/web", settings=settings)
        assert (stranger.status, "no host that the settings name" in stranger.err) == (2, True)
        assert poor not in weak.out + weak.err


async def test_a_host_out_there_is_not_told_an_address_of_this_machine(say: Say) -> None:
    ended = await say("connect", "git@gitlab.com:acme/web.git", settings={"GITLAB_TOKEN": "x"})
    assert (ended.status, "PENSTOCK_PUBLIC_URL" in ended.out) == (1, True)


async def test_the_embedded_host_needs_nothing(say: Say) -> None:
    ended = await say("connect", "http://127.0.0.1:8080/git/ada/web.git", settings={})
    assert (ended.status, "nothing to do" in ended.out) == (0, True)


async def test_an_app_has_its_own_webhook(say: Say, tmp_path: Path) -> None:
    async with FakeGitHub(tmp_path / "host") as fake:
        web = await fake.repository("acme/web")
        key = fake.app("penstock", NEEDED, EVENTS)
        assert fake.hosted.app is not None
        settings = {
            "GITHUB_URL": fake.url,
            "GITHUB_API_URL": fake.api_url,
            "GITHUB_APP_ID": str(fake.hosted.app.id),
            "GITHUB_PRIVATE_KEY": key.replace("\n", r"\n"),
        }
        absent = await say("connect", f"{fake.url}/acme/web", settings=settings)
        assert (absent.status, "/github-apps/penstock/installations/new" in absent.out) == (1, True)
        fake.install([web])
        there = await say("connect", f"{fake.url}/acme/web", settings=settings)
        assert (there.status, "nothing to do" in there.out) == (0, True), there.out
